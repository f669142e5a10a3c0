// The PROXY protocol in front of other protocols.

#include "ropewalk/servers/proxy_protocol/accept.h"

#include "ropewalk/core/net/drain.h"
#include "tests/ssl/tls/tls_world.h"

using namespace ropewalk;

namespace {

const std::string kHeader = "PROXY TCP4 192.0.2.1 192.0.2.2 4711 443\r\n";

/// A port that expects a header; what its protocol sees of its peer goes into `peer`.
struct Port {
  explicit Port(World& world, ProxyProtocolOptions options = {})
      : port(world.reactor.listenTCP(0, acceptProxyProtocol(watching(), std::move(options)),
                                     {.interface = "127.0.0.1"})),
        record(world.record()) {}
  std::shared_ptr<Factory> watching() {
    return factoryOf([this](const Address& built) {
      builtFor = toText(built);
      auto made = std::make_unique<Recorder>(record);
      Recorder* const recorder = made.get();
      recorder->onMade = [this, recorder] {
        peer = toText(recorder->transport().getPeer());
        host = toText(recorder->transport().getHost());
        const ProxyHeader* header = proxyHeaderOf(recorder->transport());
        version = header != nullptr ? header->version : 0;
      };
      return made;
    });
  }
  std::string builtFor, peer, host;
  int version = 0;
  ListeningPort port;
  Record& record;
};

}  // namespace

TEST_CASE("B3: the real peer is known in connectionMade, however the header is cut") {
  EVERY_POLLER;
  const int version = GENERATE(1, 2);
  const std::string header = version == 1 ? kHeader
                                          : proxyHeaderV2(Address::IPv4("192.0.2.1", 4711),
                                                          Address::IPv4("192.0.2.2", 443));
  const bool drip = GENERATE(false, true);
  Port port(world);
  Client client(port.port.port());
  for (std::size_t at = 0; at < header.size(); at += drip ? 1 : header.size()) {
    client.send(header.substr(at, drip ? 1 : header.size()));
    if (drip) world.settle();
  }
  client.send("hello");
  REQUIRE(world.until([&] { return port.record.received == "hello"; }));
  CHECK(port.builtFor == "192.0.2.1:4711");
  CHECK(port.peer == "192.0.2.1:4711");
  CHECK(port.host == "192.0.2.2:443");
  CHECK(port.version == version);
}

TEST_CASE("a check of the balancer's own keeps the connection's addresses") {
  EVERY_POLLER;
  Port port(world);
  Client client(port.port.port());
  client.send("PROXY UNKNOWN\r\nhello");
  REQUIRE(world.until([&] { return port.record.received == "hello"; }));
  CHECK(port.peer.starts_with("127.0.0.1:"));
}

TEST_CASE("a port that drains before the header has come tells the protocol that comes with it") {
  EVERY_POLLER;
  struct Draining final : Protocol {
    explicit Draining(std::shared_ptr<int> told) : told(std::move(told)) {}
    void dataReceived(std::string_view /*data*/) override {}
    void drainBegun() override { ++*told; }
    std::shared_ptr<int> told;
  };
  const auto told = std::make_shared<int>(0);
  const auto port = world.reactor.listenTCP(
      0, acceptProxyProtocol(factoryFor<Draining>(told), {.trusted = {"127.0.0.1"}}),
      {.interface = "127.0.0.1"});
  const Client client(port.port());
  REQUIRE(world.until([&] { return world.reactor.connections() == 1; }));
  auto draining = drain(world.reactor, 1h);
  CHECK(*told == 0);
  client.send("PROXY UNKNOWN\r\nhello");
  REQUIRE(world.until([&] { return *told == 1; }));
}

TEST_CASE("without a header, or with a wrong one, nothing is taken for data") {
  EVERY_POLLER;
  log::testing::Captured logged;
  Port port(world);
  Client client(port.port.port());
  client.send(GENERATE("GET / HTTP/1.1\r\n\r\n", "PROXY TCP4 nonsense\r\nhello"));
  REQUIRE(world.until([&] { return client.take(), client.ended() || client.error() != 0; }));
  CHECK_FALSE(port.record.made());
  CHECK(logged.contains(log::Level::warn, "PROXY protocol: connection from 127.0.0.1:"));
}

TEST_CASE("a header that does not come in time ends the connection") {
  EVERY_POLLER;
  log::testing::Captured logged;
  Port port(world, {.timeout = 20ms});
  Client client(port.port.port());
  client.send("PROXY TCP4 192.");
  REQUIRE(world.until([&] { return client.take(), client.ended() || client.error() != 0; }));
  CHECK(logged.contains(log::Level::warn, "no PROXY header within 0.02 s"));
}

TEST_CASE("who is not trusted is refused before a byte is read") {
  EVERY_POLLER;
  log::testing::Captured logged;
  Port port(world, {.trusted = {"10.0.0.0/8", "2001:db8::/32"}});
  Client client(port.port.port());
  client.send(kHeader);
  REQUIRE(world.until([&] { return client.take(), client.ended() || client.error() != 0; }));
  CHECK_FALSE(port.record.made());
  CHECK(logged.contains(log::Level::warn, "is not among those who are trusted"));
  CHECK_THROWS_WITH(acceptProxyProtocol(port.watching(), {.trusted = {"10.0.0.0/33"}}),
                    Catch::Contains("'10.0.0.0/33' is no address or network"));
}

TEST_CASE("in front of TLS and inside of it, by endpoint") {
  EVERY_POLLER;
  const bool outside = GENERATE(true, false);
  const auto files = Pki::get().localhost();
  Record& record = world.record();
  std::string peer;
  auto factory = recorderFactory(record, [&](Recorder& each) {
    each.onData = [&](std::string_view) { peer = toText(each.transport().getPeer()); };
  });
  const ListeningPort port =
      listen(world.reactor,
             format("{}://127.0.0.1:0?cert={}&key={}", outside ? "proxy+tls" : "tls+proxy",
                    files.certificate, files.key),
             factory)
          .takeResult()
          .value();
  /// Says the header, and then begins TLS.
  struct Balancer : Recorder {
    using Recorder::Recorder;
    void connectionMade() override {
      transport().write(kHeader);
      if (outside) ssl::startTLS(transport(), clientContext(), {"localhost"});
      transport().write("hello");
    }
    bool outside = true;
  };
  Record& client = world.record();
  auto balancer = factoryOf([&](const Address&) {
    auto made = std::make_unique<Balancer>(client);
    made->outside = outside;
    return made;
  });
  if (!outside) balancer = ssl::wrapClient(clientContext(), {"localhost"}, balancer);
  auto connecting = world.reactor.connectTCP("127.0.0.1", port.port(), balancer);
  REQUIRE(world.until([&] { return record.received == "hello"; }));
  CHECK(peer == "192.0.2.1:4711");
}
