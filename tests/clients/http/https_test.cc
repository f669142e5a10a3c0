// https: an Agent against our own Site behind TLS, over real sockets; trust, pins, certificates of
// clients, resumption, proxies.
#include <optional>

#include "ropewalk/clients/http/http.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/testing/loopback.h"
#include "ropewalk/core/testing/memory_reactor.h"
#include "ropewalk/servers/http/http.h"
#include "ropewalk/ssl/ssl.h"
#include "tests/catch.h"
#include "tests/clients/http/connecting_proxy.h"
#include "tests/clients/http/scripted_origin.h"
#include "tests/ssl/pki.h"

namespace ropewalk::http::testing {
namespace {

AgentOptions trusting(Proxies proxies = {}) {
  AgentOptions options;
  options.tls.trust = Pki::get().ca();
  options.proxies = std::move(proxies);
  return options;
}

ssl::Context serverWith(const ssl::CertificateFiles& files, ssl::ServerOptions options = {}) {
  options.certificate = files.certificate;
  options.key = files.key;
  return ssl::Context::server(std::move(options));
}

/// A site that says who asks.
struct Secure {
  explicit Secure(ssl::Context context = serverWith(Pki::get().localhost()))
      : context(std::move(context)) {
    site->get("/", [](Request& request) -> std::string {
      if (!request.isSecure()) return "in the clear";
      const auto who = request.tls()->peerCertificate();
      return "hello " + (who ? who->commonName : "stranger");
    });
    site->get("/down", [](Request&) { return redirect("http://127.0.0.1:1/"); });
    port.emplace(reactor.listenTCP(0, ssl::wrap(this->context, site), {.interface = "127.0.0.1"}));
  }
  [[nodiscard]] std::string url(const std::string& host = "localhost",
                                const std::string& path = "/") const {
    return format("https://{}:{}{}", host, port->port(), path);
  }
  Page page(Agent& agent, const std::string& host = "localhost") {
    return awaitResult(reactor, getPage(agent, url(host)));
  }
  /// The text of a RequestNotSent.
  std::string refusal(Agent& agent, const std::string& host = "localhost") {
    return awaitFailure<RequestNotSent>(reactor, getPage(agent, url(host))).getErrorMessage();
  }

  Reactor reactor;
  ssl::Context context;
  std::shared_ptr<Site> site = std::make_shared<Site>();
  std::optional<ListeningPort> port;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a page over TLS, with what is known of it, by name and by address") {
  Secure net;
  Agent agent(net.reactor, trusting());
  for (const auto* host : {"localhost", "127.0.0.1"}) {
    const Page page = net.page(agent, host);
    CHECK(page.body == "hello stranger");
    REQUIRE(page.tls);
    CHECK(page.tls->version == "TLSv1.3");
    CHECK(page.tls->certificate->commonName == "localhost");
    CHECK(page.timing.tls > Duration::zero());
    CHECK(page.timing.connect >= Duration::zero());
  }
}

TEST_CASE("kept connections carry further pages, and tell of the same TLS") {
  Secure net;
  Agent agent(net.reactor, trusting());
  const Page first = net.page(agent);
  const Page second = net.page(agent);
  CHECK(second.timing.reused);
  CHECK(second.timing.tls == Duration::zero());
  CHECK(second.tls == first.tls);
  CHECK(net.context.handshakes().completed == 1);
}

TEST_CASE("a new connection to the same host and port resumes the session") {
  Secure net;
  AgentOptions options = trusting();
  options.pool.idlePerHost = 0;
  Agent agent(net.reactor, std::move(options));
  CHECK_FALSE(net.page(agent).tls->resumed);
  CHECK(net.page(agent).tls->resumed);
  CHECK(net.context.handshakes().resumed == 1);
}

TEST_CASE("the system's trust is the default: our own authority is unknown to it") {
  Secure net;
  Agent agent(net.reactor);
  const std::string told = net.refusal(agent);
  CHECK(told.starts_with("cannot fetch " + net.url() + ": "));
  CHECK(has(told, "unknown authority"));
  CHECK(has(told, "Test authority"));
}

TEST_CASE("the cause of a refused certificate is a CertificateError") {
  Secure net;
  Agent agent(net.reactor);
  const Failure why = awaitFailure<RequestNotSent>(net.reactor, getPage(agent, net.url()));
  REQUIRE(why.check<RequestNotSent>()->cause() != nullptr);
  CHECK(why.check<RequestNotSent>()->cause()->check<ssl::CertificateError>() != nullptr);
}

TEST_CASE("a certificate for somebody else is refused in words") {
  Secure net(serverWith(Pki::get().issue("other", "DNS:other.example")));
  Agent agent(net.reactor, trusting());
  CHECK(has(net.refusal(agent), "peer's certificate is for other.example, not localhost"));
}

TEST_CASE("without verification anybody may answer") {
  Secure net(serverWith(Pki::get().issue("other", "DNS:other.example")));
  AgentOptions options;
  options.tls.verify = false;
  Agent agent(net.reactor, std::move(options));
  CHECK(net.page(agent).body == "hello stranger");
}

TEST_CASE("pins: the right one is accepted, another is not, whatever the authority says") {
  Secure net;
  AgentOptions right = trusting();
  right.tls.pins = {net.context.certificates().front().pin};
  Agent agent(net.reactor, std::move(right));
  CHECK(net.page(agent).status == 200);
  AgentOptions wrong = trusting();
  wrong.tls.pins = {base64Encode(std::string(32, 'x'))};
  Agent strict(net.reactor, std::move(wrong));
  CHECK(has(net.refusal(strict), "no key of the chain is pinned"));
}

TEST_CASE("a certificate of our own is shown to a server that asks; one that needs it says so") {
  ssl::ServerOptions asking;
  asking.clientCertificates = ssl::ClientCertificates::require;
  asking.clientCA = Pki::get().ca();
  Secure net(serverWith(Pki::get().localhost(), asking));
  const ssl::CertificateFiles alice = Pki::get().issue("alice", "DNS:alice");
  AgentOptions options = trusting();
  options.tls.certificate = alice.certificate;
  options.tls.key = alice.key;
  Agent agent(net.reactor, std::move(options));
  CHECK(net.page(agent).body == "hello alice");
  Agent nobody(net.reactor, trusting());
  const Failure why = awaitFailure<FetchError>(net.reactor, getPage(nobody, net.url()));
  CHECK(has(why.getErrorMessage(), "the server wants a certificate of ours"));
}

TEST_CASE("files that cannot be used are an error of the agent's maker, not of its requests") {
  Reactor reactor;
  AgentOptions options;
  options.tls.trust = "/nowhere/ca.pem";
  CHECK_THROWS_AS(Agent(reactor, std::move(options)), ssl::ContextError);
}

TEST_CASE("a server that picks another protocol than http/1.1 is left") {
  ssl::ServerOptions h2;
  h2.alpn = {"h2"};
  Secure net(serverWith(Pki::get().localhost(), h2));
  AgentOptions options = trusting();
  options.tls.alpn = {"h2", "http/1.1"};
  Agent agent(net.reactor, std::move(options));
  CHECK(has(net.refusal(agent), "picked the protocol \"h2\" (ALPN), and only http/1.1 is spoken"));
  Agent ordinary(net.reactor, trusting());
  CHECK(has(net.refusal(ordinary), "no application protocol in common"));
  CHECK(runUntil(net.reactor, [&] { return net.reactor.connections() == 0; }));
}

TEST_CASE("a server that says nothing to the handshake is left after the time for connecting") {
  Reactor reactor;
  ScriptedOrigin silent(reactor);
  AgentOptions options = trusting();
  options.timeouts.connect = 50ms;
  Agent agent(reactor, std::move(options));
  const std::string url = "https" + silent.url().substr(4);
  CHECK_NOTHROW(awaitFailure<RequestTimeout>(reactor, getPage(agent, url)));
  CHECK(runUntil(reactor, [&] { return reactor.connections() == 0; }));
}

TEST_CASE("a redirect out of https is refused, unless it is allowed") {
  Secure net;
  Agent agent(net.reactor, trusting());
  const Failure why =
      awaitFailure<RedirectRefused>(net.reactor, getPage(agent, net.url("localhost", "/down")));
  CHECK(has(why.getErrorMessage(), "it leaves https"));
}

TEST_CASE("cancelling in the handshake, and an agent that goes in it, close the connection") {
  Reactor reactor;
  ScriptedOrigin silent(reactor);
  auto agent = std::make_unique<Agent>(reactor, trusting());
  const std::string url = "https" + silent.url().substr(4);
  Deferred<Page> cancelled = getPage(*agent, url);
  Deferred<Page> orphaned = getPage(*agent, url);
  CHECK(runUntil(reactor, [&] { return silent.open() == 2 && !silent.received.empty(); }));
  cancelled.cancel();
  CHECK_NOTHROW(ropewalk::testing::failureResultOf<CancelledError>(cancelled));
  agent.reset();
  CHECK_NOTHROW(ropewalk::testing::failureResultOf<CancelledError>(orphaned));
  CHECK(runUntil(reactor, [&] { return reactor.connections() == 0; }));
}

/// A site and an agent in one process without sockets: every connection is a Pump.
struct InMemory {
  explicit InMemory(std::size_t split) : split(split) {
    site->get("/", [](Request&) { return "hello in memory"; });
  }
  ~InMemory() {
    pumps.clear();  // tells the protocols, which must outlive it
  }
  Connector wire() {
    return [this](const Origin&, const std::shared_ptr<Factory>& factory, const ConnectOptions&,
                  ConnectReport&) {
      servers.push_back(ssl::wrap(context, site)->buildProtocol(Address()));
      clients.push_back(factory->buildProtocol(Address()));
      ropewalk::testing::LoopbackOptions options;
      options.split = split;
      options.reactor = &world.reactor();
      pumps.push_back(std::make_unique<ropewalk::testing::Pump>(
          ropewalk::testing::connectInMemory(*servers.back(), *clients.back(), options)));
      return succeed(handleOf(*clients.back()));
    };
  }

  std::size_t split;
  ropewalk::testing::MemoryReactor world;
  std::shared_ptr<Site> site = std::make_shared<Site>();
  ssl::Context context = serverWith(Pki::get().localhost());
  std::vector<std::unique_ptr<Protocol>> servers;
  std::vector<std::unique_ptr<Protocol>> clients;
  std::vector<std::unique_ptr<ropewalk::testing::Pump>> pumps;
};

TEST_CASE("a page over TLS in memory, however the records are cut") {
  constexpr int kTurns = 10'000;  // a drip of bytes takes a step of the handshake each
  InMemory net(GENERATE(0, 1, 7));
  const ssl::Context trust = contextOf(trusting().tls);
  Agent agent(net.world.reactor(), AgentOptions());
  agent.setConnector("https", tlsConnector(net.wire(), [trust] { return trust; }));
  Deferred<Page> fetching = getPage(agent, "https://localhost/");
  for (int turns = 0; turns < kTurns && !fetching.ready(); ++turns) {
    net.pumps.front()->flush();
    net.world.reactor().iterate(Duration::zero());
  }
  CHECK(ropewalk::testing::successResultOf(fetching).body == "hello in memory");
}

// Proxies.

TEST_CASE("https goes through a tunnel, verified by the name that was asked for") {
  Secure net;
  ConnectingProxy proxy(net.reactor, net.port->port());
  Agent agent(net.reactor, trusting(Proxies::through("http://me:pw@" + proxy.address())));
  const Page page = net.page(agent);
  CHECK(page.body == "hello stranger");
  REQUIRE(proxy.heads.size() == 1);
  CHECK(proxy.heads[0] == format("CONNECT localhost:{0} HTTP/1.1\r\nHost: localhost:{0}\r\n"
                                 "Proxy-Authorization: Basic {1}",
                                 net.port->port(), base64Encode("me:pw")));
  CHECK(has(net.refusal(agent, "elsewhere.example"), "not elsewhere.example"));
}

TEST_CASE("a proxy may be spoken to over TLS, with TLS to the origin inside") {
  Secure net;
  const ssl::Context outer = serverWith(Pki::get().localhost());
  ConnectingProxy proxy(net.reactor, net.port->port(), [&](std::shared_ptr<Factory> factory) {
    return ssl::wrap(outer, std::move(factory));
  });
  Agent agent(net.reactor,
              trusting(Proxies::through(format("https://localhost:{}", proxy.port()))));
  CHECK(net.page(agent).body == "hello stranger");
  CHECK(outer.handshakes().completed == 1);
  CHECK(net.context.handshakes().completed == 1);
}

TEST_CASE("what NO_PROXY covers is asked directly") {
  Secure net;
  Agent agent(net.reactor, trusting(Proxies::through("http://127.0.0.1:1", "localhost")));
  CHECK(net.page(agent).status == 200);
  CHECK(has(net.refusal(agent, "127.0.0.1"), "connection refused"));
}

TEST_CASE("a refusal of the proxy reaches who asked, without the password") {
  Reactor reactor;
  ScriptedOrigin proxy(reactor);
  proxy.then({"HTTP/1.1 407 No\r\nContent-Length: 6\r\n\r\nsorry\n"});
  const std::string address = proxy.url("").substr(7);
  Agent agent(reactor, trusting(Proxies::through("http://me:secret@" + address)));
  const Failure why =
      awaitFailure<RequestNotSent>(reactor, getPage(agent, "https://origin.example/"));
  CHECK(why.getErrorMessage() ==
        format("cannot fetch https://origin.example/: proxy http://{} refused the tunnel to "
               "origin.example:443: 407 No; it does not accept this user and password; it says "
               "\"sorry\"",
               address));
  CHECK(why.check<RequestNotSent>()->cause()->check<TunnelRefused>()->status() == 407);
}

TEST_CASE("http is asked of the proxy in absolute-form (RFC 9112 3.2.2)") {
  Reactor reactor;
  ScriptedOrigin proxy(reactor);
  proxy.then({sized("from the proxy")});
  const std::string address = proxy.url("").substr(7);
  Agent agent(reactor, trusting(Proxies::through("http://me:pw@" + address)));
  const Page page = awaitResult(reactor, getPage(agent, "http://origin.example:8080/a?b"));
  CHECK(page.body == "from the proxy");
  CHECK(page.url == "http://origin.example:8080/a?b");
  CHECK(proxy.received.starts_with(
      "GET http://origin.example:8080/a?b HTTP/1.1\r\nHost: origin.example:8080\r\n"));
  CHECK(has(proxy.received, "\r\nProxy-Authorization: Basic " + base64Encode("me:pw") + "\r\n"));
}

TEST_CASE("an http page through a proxy with TLS is told as what it is: in the clear") {
  Reactor reactor;
  auto site = std::make_shared<Site>();
  site->get("/", [](Request&) { return "x"; });
  const ListeningPort port = reactor.listenTCP(
      0, ssl::wrap(serverWith(Pki::get().localhost()), site), {.interface = "127.0.0.1"});
  Agent agent(reactor, trusting(Proxies::through(format("https://localhost:{}", port.port()))));
  const Page page = awaitResult(reactor, getPage(agent, "http://origin.example/"));
  CHECK(page.status == 200);
  CHECK(page.tls == nullptr);
}

TEST_CASE("origins learn nothing of the proxy's credentials, nor after a redirect away from it") {
  Reactor reactor;
  ScriptedOrigin proxy(reactor);
  ScriptedOrigin origin(reactor);
  proxy.then({"HTTP/1.1 302 x\r\nLocation: " + origin.url() + "\r\nContent-Length: 0\r\n\r\n"});
  origin.then({sized("direct")});
  const std::string address = proxy.url("").substr(7);
  Agent agent(reactor, trusting(Proxies::through("http://me:pw@" + address, "127.0.0.1")));
  CHECK(awaitResult(reactor, getPage(agent, "http://origin.example/")).body == "direct");
  CHECK(has(proxy.received, "Proxy-Authorization"));
  CHECK_FALSE(has(origin.received, "Proxy-Authorization"));
  CHECK(origin.received.starts_with("GET / HTTP/1.1"));
}

TEST_CASE("a proxy that was configured wrongly fails the request, before anything is sent") {
  Reactor reactor;
  const Proxies bad = Proxies::fromEnvironment([](const char* name) -> const char* {
    return std::string_view(name) == "all_proxy" ? "socks5://p:1" : nullptr;
  });
  Agent agent(reactor, trusting(bad));
  for (const auto* url : {"http://origin.example/", "https://origin.example/"}) {
    const Failure why = awaitFailure<RequestNotSent>(reactor, getPage(agent, url));
    CHECK(has(why.getErrorMessage(), "all_proxy in the environment"));
  }
}

}  // namespace
}  // namespace ropewalk::http::testing
