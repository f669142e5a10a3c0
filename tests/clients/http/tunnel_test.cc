// CONNECT: what a proxy is asked, and what becomes of its answers.
#include "ropewalk/clients/http/tunnel.h"

#include <optional>

#include "ropewalk/clients/http/errors.h"
#include "ropewalk/core/net/endpoint.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "ropewalk/core/testing/string_transport.h"
#include "tests/catch.h"
#include "tests/clients/http/scripted_origin.h"
#include "tests/protocols/feed_every_split.h"

namespace ropewalk::http::testing {
namespace {

using ropewalk::testing::failureResultOf;
using ropewalk::testing::feedEverySplit;
using ropewalk::testing::Pieces;
using ropewalk::testing::successResultOf;

/// What the protocol behind the tunnel heard.
struct Heard {
  std::string text;
  std::string lost;
  Protocol* protocol = nullptr;
};
struct Listener final : Protocol {
  explicit Listener(Heard* heard) : heard(heard) { heard->protocol = this; }
  void connectionMade() override {
    heard->text += "[made]";
    transport().write("hello");
  }
  void dataReceived(std::string_view data) override { heard->text += data; }
  void connectionLost(const Failure& reason) override {
    heard->lost = reason.kind();
    heard->protocol = nullptr;
  }
  Heard* heard;
};

/// A tunnel on a StringTransport; the test is the proxy.
struct Wire {
  explicit Wire(Tunnel tunnel = {"example.org:443"}) {
    transport.setPeer(Address::IPv4("192.0.2.9", 3128));
    protocol =
        tunnelThrough(std::move(tunnel), factoryFor<Listener>(&heard))->buildProtocol(Address());
    current = protocol.get();
    transport.connect(*current);
    opened.emplace(whenOpened(handleOf(*protocol)));
  }
  void say(std::string_view bytes) {
    current->dataReceived(bytes);
    if (Protocol* const next = transport.settle()) current = next;
  }
  std::string refusal() { return failureResultOf<TunnelRefused>(*opened).getErrorMessage(); }

  Heard heard;
  ropewalk::testing::StringTransport transport;
  std::unique_ptr<Protocol> protocol;
  Protocol* current = nullptr;
  std::optional<Deferred<Handle<Protocol>>> opened;
};

TEST_CASE("the proxy is asked in authority-form, with the credentials for it") {
  CHECK(Wire().transport.value() ==
        "CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n");
  CHECK(Wire({"[::1]:25", "Basic eDp5"}).transport.value() ==
        "CONNECT [::1]:25 HTTP/1.1\r\nHost: [::1]:25\r\nProxy-Authorization: Basic eDp5\r\n\r\n");
}

TEST_CASE("the protocol behind it hears nothing before the tunnel is there") {
  Wire wire;
  wire.say("HTTP/1.1 200 OK\r\n");
  CHECK(wire.heard.text.empty());
  CHECK_FALSE(wire.opened->called());
  wire.transport.clear();
  wire.say("\r\n");
  CHECK(wire.heard.text == "[made]");
  CHECK(wire.transport.value() == "hello");
  CHECK(successResultOf(*wire.opened).get() == wire.heard.protocol);
}

TEST_CASE("RFC 9110 9.3.6: any 2xx opens, its length means nothing, what follows is the tunnel's") {
  const auto* head =
      GENERATE("HTTP/1.1 200 Connection established\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n",
               "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 299 Odd\r\nContent-Length: 3\r\n\r\n",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
               "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
  const std::string input = std::string(head) + "220 mail\r\n";
  const auto heard = feedEverySplit(input, [](const Pieces& pieces) {
    Wire wire;
    for (const std::string_view piece : pieces) wire.say(piece);
    return wire.heard.text;
  });
  CHECK(heard == "[made]220 mail\r\n");
}

TEST_CASE("a refusal says who refused what, and the proxy's own words, however it is cut") {
  const auto told =
      feedEverySplit("HTTP/1.1 403 Forbidden\r\nContent-Length: 17\r\n\r\nno such thing \r\n ",
                     [](const Pieces& pieces) {
                       Wire wire;
                       for (const std::string_view piece : pieces) wire.say(piece);
                       CHECK(wire.transport.aborted());
                       CHECK(wire.heard.text.empty());
                       return wire.refusal();
                     });
  CHECK(told ==
        "proxy 192.0.2.9:3128 refused the tunnel to example.org:443: 403 Forbidden; it says \"no "
        "such thing\"");
}

TEST_CASE("407 in words: without credentials, and with wrong ones") {
  const auto* answer = "HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n";
  Wire without;
  without.say(answer);
  CHECK(without.refusal().ends_with(
      ": 407 Who are you; it wants a user and a password: give them in its URL"));
  Wire with({"example.org:443", "Basic eDp5", "http://p:1"});
  with.say(answer);
  CHECK(with.refusal() ==
        "proxy http://p:1 refused the tunnel to example.org:443: 407 Who are you; it does not "
        "accept this user and password");
}

TEST_CASE("a refusal in chunks, without an end, or endless: what came of it is shown") {
  Wire chunks;
  chunks.say(
      "HTTP/1.1 502 Bad\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n");
  CHECK(chunks.refusal().ends_with(": 502 Bad; it says \"abcdef\""));
  Wire unfinished;
  unfinished.say("HTTP/1.1 502 Bad\r\n\r\nbecause");
  CHECK_FALSE(unfinished.opened->called());
  unfinished.transport.lose();
  CHECK(unfinished.refusal().ends_with(": 502 Bad; it says \"because\""));
  Wire endless;
  endless.say("HTTP/1.1 502 Bad\r\nContent-Length: 1000000\r\n\r\n" + std::string(600, 'x'));
  CHECK(endless.refusal().find("xxx") != std::string::npos);
  CHECK(endless.transport.aborted());
}

TEST_CASE("a proxy that closes, or says what is no HTTP, opened nothing") {
  Wire closing;
  closing.say("HTTP/1.1 200");
  closing.transport.lose(ConnectionLost("connection reset by peer"));
  CHECK(closing.refusal() ==
        "proxy 192.0.2.9:3128 gave no answer when asked for a tunnel to example.org:443: "
        "connection reset by peer");
  for (const std::string& answer :
       {std::string("SSH-2.0-x\r\n\r\n"), "HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x')}) {
    Wire wire;
    wire.say(answer);
    CHECK(wire.refusal().find("gave no HTTP answer") != std::string::npos);
    CHECK(wire.transport.aborted());
    CHECK(wire.heard.text.empty());
  }
}

TEST_CASE("a proxy that only ever says 1xx is left") {
  Wire wire;
  for (int i = 0; i < 20 && wire.transport.connected(); ++i) {
    if (!wire.opened->called()) wire.say("HTTP/1.1 100 Continue\r\n\r\n");
  }
  CHECK(wire.refusal().ends_with("nothing but interim responses (1xx)"));
}

TEST_CASE("the loss of the tunnel is told to the protocol in it, once") {
  Wire wire;
  wire.say("HTTP/1.1 200 OK\r\n\r\n");
  CHECK(successResultOf(*wire.opened));
  wire.transport.lose(ConnectionLost("gone"));
  CHECK(wire.heard.lost == "ConnectionLost");
}

TEST_CASE("cancelling gives the connection up") {
  Wire wire;
  wire.opened->cancel();
  CHECK(wire.transport.aborted());
  CHECK_NOTHROW(failureResultOf<CancelledError>(*wire.opened));
}

TEST_CASE("a target or credentials that would be more than themselves are never sent") {
  const auto inner = factoryOf([](const Address&) { return std::unique_ptr<Protocol>(); });
  CHECK_THROWS_AS(tunnelThrough({"a:1 HTTP/1.1\r\nX: y"}, inner), std::invalid_argument);
  CHECK_THROWS_AS(tunnelThrough({"a:1", "Basic x\r\nX: y"}, inner), std::invalid_argument);
}

/// Connects by endpoint to a scripted proxy.
struct Net {
  Deferred<Handle<Protocol>> connectTo(const std::string& rest) {
    const std::string url = proxy.url("");
    return connect(reactor, "http-connect" + url.substr(url.find(':')) + rest,
                   factoryFor<Listener>(&heard));
  }
  Heard heard;
  Reactor reactor;
  ScriptedOrigin proxy{reactor};
};

TEST_CASE("http-connect:// is an endpoint like others") {
  Net net;
  net.proxy.then({"HTTP/1.1 200 OK\r\n\r\n220 mail"});
  const auto connected =
      awaitResult(net.reactor, net.connectTo("/[::1]:25?user=me&password=p%26q"));
  CHECK(connected);
  CHECK(
      net.proxy.received.starts_with("CONNECT [::1]:25 HTTP/1.1\r\nHost: [::1]:25\r\n"
                                     "Proxy-Authorization: Basic " +
                                     base64Encode("me:p&q") + "\r\n\r\n"));
  CHECK(runUntil(net.reactor, [&] { return net.heard.text == "[made]220 mail"; }));
}

TEST_CASE("http-connect:// without a target, with a bad one or a bad parameter") {
  Net net;
  for (const auto* rest : {"", "/", "/80", "/unix:x", "/host:0", "/h:1?usr=x"}) {
    INFO(rest);
    CHECK_NOTHROW(awaitFailure<BadEndpointError>(net.reactor, net.connectTo(rest)));
  }
  CHECK(net.proxy.connections == 0);
}

}  // namespace
}  // namespace ropewalk::http::testing
