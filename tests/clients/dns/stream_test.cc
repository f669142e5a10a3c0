// The client over TCP, TLS and HTTPS, the latter two against our own TLS and HTTP servers. RFC
// 7766, RFC 7858, RFC 8484, RFC 8467.
#include "ropewalk/core/base/text.h"
#include "ropewalk/servers/http/http.h"
#include "ropewalk/ssl/ssl.h"
#include "tests/clients/dns/lying_server.h"
#include "tests/ssl/pki.h"

namespace ropewalk::dns::testing {
namespace {

/// A server of messages behind their length, that keeps what it is asked until the test answers.
struct Listener {
  struct Stream final : Int16StringReceiver {
    explicit Stream(Listener* owner) : owner(owner) {}
    void connectionMade() override { ++owner->connections; }
    void stringReceived(std::string_view string) override {
      const Result<Message> query = Message::decode(string);
      REQUIRE(query.ok());
      owner->got.push_back({*query, true, 0, [self = handleOf(*this)](std::string bytes) {
                              if (self) self->sendString(bytes);
                            }});
      owner->lengths.push_back(string.size());
      owner->last = handleOf(*this);
      if (owner->script) owner->script(owner->got.back());
    }
    Listener* owner;
  };

  [[nodiscard]] std::shared_ptr<Factory> factory() { return factoryFor<Stream>(this); }

  LyingServer::Script script;
  std::vector<Got> got;
  std::vector<std::size_t> lengths;
  int connections = 0;
  Handle<Stream> last;
};

struct Tcp {
  explicit Tcp(std::shared_ptr<Factory> around = {}, const std::string& scheme = "tcp") {
    port = world.reactor.listenTCP(0, around ? around : listener.factory(),
                                   {.interface = "127.0.0.1"});
    options.servers = {format("{}://127.0.0.1:{}", scheme, port.port())};
    options.tries = 1;
  }
  Client& client() {
    if (!made) made = std::make_unique<Client>(world.reactor, options);
    return *made;
  }
  Deferred<Message> ask(const std::string& name) { return client().ask(testing::ask(name)); }
  bool asked(std::size_t times) {
    return world.until([&] { return listener.got.size() >= times; });
  }

  UnhandledFailures unhandled;
  World world;
  Listener listener;
  ListeningPort port;
  ClientOptions options;
  std::unique_ptr<Client> made;
};

TEST_CASE("over TCP questions share a connection, and answers may come in any order") {
  Tcp net;
  auto first = net.ask("a.example");
  auto second = net.ask("b.example");
  REQUIRE(net.asked(2));
  CHECK(net.listener.connections == 1);
  for (const std::size_t which : {1, 0}) {
    const Got& got = net.listener.got.at(which);
    got.reply(got.answer({here(got, which == 0 ? "192.0.2.1" : "192.0.2.2")}));
  }
  CHECK(addresses(net.world.await(std::move(second))) == Texts{"192.0.2.2"});
  CHECK(addresses(net.world.await(std::move(first))) == Texts{"192.0.2.1"});
  net.listener.script = honest();
  net.world.await(net.ask("c.example"));
  CHECK(net.listener.connections == 1);
}

TEST_CASE("what fits no question of the connection is counted and ignored") {
  Tcp net;
  net.listener.script = [](const Got& got) {
    Message strange = got.answer();
    strange.id ^= 0x5555;
    got.reply(strange);
    Message other = got.answer();
    other.questions.at(0).name = Name("other.example");
    got.reply(other);
    got.reply(got.answer({here(got)}));
  };
  CHECK(addresses(net.world.await(net.ask("a.example"))) == Texts{"192.0.2.7"});
  CHECK(net.client().counts().ignored == 2);
}

TEST_CASE("a server that writes no messages is left") {
  Tcp net;
  net.listener.script = [](const Got& got) { got.send("garbage"); };
  net.world.awaitFailure<DNSQueryTimeoutError>(net.ask("a.example"));
  CHECK(net.client().counts().ignored == 1);
}

TEST_CASE("an idle connection is closed after ten seconds, and opened again when needed") {
  Tcp net;
  net.listener.script = honest();
  net.world.await(net.ask("a.example"));
  net.world.advance(10s);
  REQUIRE(net.world.until([&] { return !net.listener.last; }));
  net.world.await(net.ask("b.example"));
  CHECK(net.listener.connections == 2);
}

TEST_CASE("a kept connection that the server closes under a question is replaced once") {
  Tcp net;
  net.listener.script = honest();
  net.world.await(net.ask("a.example"));
  net.listener.script = [&](const Got& got) {
    if (net.listener.connections == 1) return net.listener.last->transport().loseConnection();
    got.reply(got.answer({here(got)}));
  };
  CHECK(addresses(net.world.await(net.ask("b.example"))) == Texts{"192.0.2.7"});
  CHECK(net.listener.connections == 2);
}

TEST_CASE("a server that closes every connection is not asked for ever") {
  Tcp net;
  net.listener.script = [&](const Got&) { net.listener.last->transport().loseConnection(); };
  const auto why = net.world.awaitFailure<DNSQueryTimeoutError>(net.ask("a.example"));
  CHECK(net.listener.connections == 1);
  CHECK(why.getErrorMessage().find("tcp://127.0.0.1") != std::string::npos);
}

TEST_CASE("after a time-out the next question gets a connection of its own") {
  Tcp net;
  auto stuck = net.ask("a.example");
  REQUIRE(net.asked(1));
  net.world.advance(5s);
  failureResultOf<DNSQueryTimeoutError>(stuck);
  net.listener.script = honest();
  net.world.await(net.ask("b.example"));
  CHECK(net.listener.connections == 2);
}

TEST_CASE("cancelling a question over TCP leaves its connection to the others") {
  Tcp net;
  auto mine = net.ask("a.example");
  auto yours = net.ask("b.example");
  REQUIRE(net.asked(2));
  mine.cancel();
  failureResultOf<CancelledError>(mine);
  for (const Got& got : net.listener.got) got.reply(got.answer({here(got)}));
  CHECK(addresses(net.world.await(std::move(yours))) == Texts{"192.0.2.7"});
  CHECK(net.client().counts().ignored == 1);
}

TEST_CASE("cancelling while connecting stops that") {
  Tcp net;
  auto asking = net.ask("a.example");
  asking.cancel();
  failureResultOf<CancelledError>(asking);
  net.world.settle();
  CHECK(net.listener.got.empty());
}

ssl::Context serverContext(const ssl::CertificateFiles& files = Pki::get().localhost()) {
  ssl::ServerOptions options;
  options.certificate = files.certificate;
  options.key = files.key;
  return ssl::Context::server(std::move(options));
}

/// DNS over TLS. The factory needs the listener, so it is made around it afterwards.
struct Tls : Tcp {
  explicit Tls(ssl::Context context = serverContext()) : Tcp({}, "tls") {
    static_cast<void>(port.stopListening());
    port = world.reactor.listenTCP(0, ssl::wrap(std::move(context), listener.factory()),
                                   {.interface = "127.0.0.1"});
    options.servers = {format("tls://localhost:{}", port.port())};
    options.tls.trust = Pki::get().ca();
  }
};

TEST_CASE("DNS over TLS: verified, kept, pipelined, padded to 128 bytes") {
  Tls net;
  net.listener.script = honest();
  CHECK(addresses(net.world.await(net.ask("a.example"))) == Texts{"192.0.2.7"});
  CHECK(addresses(net.world.await(net.ask("a-much-longer-name.of.example"))) == Texts{"192.0.2.7"});
  CHECK(net.listener.connections == 1);
  CHECK(net.listener.lengths == std::vector<std::size_t>{128, 128});
  CHECK(net.listener.got.at(0).query.edns->find(EdnsOption::PADDING) != nullptr);
}

TEST_CASE("a certificate for somebody else, or of nobody that is trusted, is no answer") {
  const bool stranger = GENERATE(true, false);
  Tls net(stranger ? serverContext(Pki::get().issue("other", "DNS:other.example"))
                   : serverContext());
  net.listener.script = honest();
  if (!stranger) net.options.tls.trust = Pki::get().issue("lone", "DNS:lone").certificate;
  const auto why = net.world.awaitFailure<DNSQueryTimeoutError>(net.ask("a.example"));
  INFO(why.getErrorMessage());
  CHECK(why.getErrorMessage().find("tls://localhost") != std::string::npos);
  CHECK(net.listener.got.empty());
}

TEST_CASE("the name that the certificate must be for can stand behind the address") {
  Tls net(serverContext(Pki::get().issue("dnsname", "DNS:dns.example")));
  net.listener.script = honest();
  net.options.servers = {format("tls://127.0.0.1:{}#dns.example", net.port.port())};
  CHECK(addresses(net.world.await(net.ask("a.example"))) == Texts{"192.0.2.7"});
}

/// DNS over HTTPS, by our own Site.
struct Https {
  Https() {
    site->post("/dns-query", [this](http::Request& request) -> Deferred<http::Response> {
      Deferred<std::string> reading = request.readBody();
      std::string wire = co_await std::move(reading);
      co_return answer(request, std::move(wire));
    });
    site->get("/dns-query", [this](http::Request& request) {
      const std::string text(request.arg("dns").value_or(""));
      return answer(request, base64Decode(text, Base64::url).value());
    });
    port = world.reactor.listenTCP(0, ssl::wrap(serverContext(), site), {.interface = "127.0.0.1"});
    options.servers = {format("https://localhost:{}/dns-query", port.port())};
    options.tls.trust = Pki::get().ca();
    options.tries = 1;
  }
  http::Response answer(http::Request& request, std::string wire) {
    const Result<Message> query = Message::decode(wire);
    REQUIRE(query.ok());
    methods.emplace_back(http::methodText(request.method()));
    got.push_back({*query, true, 0, {}});
    lengths.push_back(wire.size());
    http::Response response;
    response.header("Content-Type", type);
    if (!age.empty()) response.header("Age", age);
    Message message = got.back().answer({here(got.back())});
    if (spoilt) message.questions.at(0).name = Name("other.example");
    response.body(message.encode());
    return response;
  }
  Deferred<Message> ask(const std::string& name) {
    if (!client) client = std::make_unique<Client>(world.reactor, options);
    return client->ask(testing::ask(name));
  }

  UnhandledFailures unhandled;
  World world;
  std::shared_ptr<http::Site> site = std::make_shared<http::Site>();
  ListeningPort port;
  ClientOptions options;
  std::unique_ptr<Client> client;
  std::vector<Got> got;
  std::vector<std::string> methods;
  std::vector<std::size_t> lengths;
  std::string type = "application/dns-message", age;
  bool spoilt = false;
};

TEST_CASE("DNS over HTTPS with POST and with GET: id 0, padded") {
  const bool get = GENERATE(false, true);
  Https net;
  net.options.httpGet = get;
  CHECK(addresses(net.world.await(net.ask("a.example"))) == Texts{"192.0.2.7"});
  CHECK(net.methods == Texts{get ? "GET" : "POST"});
  CHECK(net.got.at(0).query.id == 0);
  CHECK(net.lengths.at(0) == 128);
}

TEST_CASE("the age of an answer that was kept on the way counts") {
  Https net;
  net.age = "100";
  CHECK(net.world.await(net.ask("a.example")).answers.at(0).ttl == 200);
}

TEST_CASE("an answer over HTTPS that is none of ours is an error in words") {
  Https net;
  std::string expected;
  SECTION("another question") {
    net.spoilt = true;
    expected = "its name is wrong";
  }
  SECTION("another media type") {
    net.type = "text/html";
    expected = "no DNS message";
  }
  SECTION("another path") {
    net.options.servers = {format("https://localhost:{}/nothing", net.port.port())};
    expected = "404";
  }
  const auto why = net.world.awaitFailure<DNSQueryTimeoutError>(net.ask("a.example"));
  INFO(why.getErrorMessage());
  CHECK(why.getErrorMessage().find(expected) != std::string::npos);
}

TEST_CASE("cancelling a question over HTTPS ends it") {
  Https net;
  auto asking = net.ask("a.example");
  asking.cancel();
  failureResultOf<CancelledError>(asking);
}

}  // namespace
}  // namespace ropewalk::dns::testing
