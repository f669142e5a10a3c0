// A TLS layer that cannot even begin: the protocol above is told as of any other handshake that
// failed.

#include "ropewalk/core/testing/loopback.h"
#include "tests/ssl/tls/tls_world.h"

using namespace ropewalk;

namespace {

using Events = std::vector<std::string>;

/// Nobody's name: whoever verified it would verify nothing.
std::string noHost() {
  return GENERATE(0, 1) == 0 ? std::string("local\0host", 10) : std::string(300, 'a');
}

}  // namespace

TEST_CASE("a host that no certificate can be for: made, then lost, and nothing is sent") {
  EVERY_POLLER;
  TlsPair pair(world, serverContext(), clientContext(), noHost());
  pair.prepareClient = [](Recorder& client) {
    client.onMade = [&client] { client.transport().write("secret"); };
  };
  REQUIRE(pair.connect());
  REQUIRE(pair.why);
  CHECK(pair.why->check<ssl::HandshakeError>() != nullptr);
  CHECK(pair.why->getErrorMessage().starts_with("cannot verify a server as \""));
  REQUIRE(world.until([&] { return pair.client.over && pair.server.over; }));
  CHECK(pair.client.events == Events{"made", "lost"});
  CHECK(pair.client.lostKind == "HandshakeError");
  CHECK(pair.server.received.empty());
  CHECK(pair.clientSide.handshakes().failed == 1);
}

TEST_CASE("the same in mid-stream: startTLS does not throw, the protocol is lost") {
  EVERY_POLLER;
  Record& server = world.record();
  Record& client = world.record();
  const auto port = world.reactor.listenTCP(0, recorderFactory(server), {.interface = "127.0.0.1"});
  const auto connecting =
      world.reactor.connectTCP("127.0.0.1", port.port(), recorderFactory(client));
  REQUIRE(world.until([&] { return client.made() && server.made(); }));
  CHECK_NOTHROW(ssl::startTLS(client.protocol->transport(), clientContext(), {noHost()}));
  REQUIRE(world.until([&] { return client.over && server.over; }));
  CHECK(client.events == Events{"made", "lost"});
  CHECK(client.lostKind == "HandshakeError");
  CHECK(server.received.empty());
}
