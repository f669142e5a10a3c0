// limitConnections: limits are exact, and counts come out right whatever goes wrong.
#include "ropewalk/core/service/policies/limit_connections.h"

#include <stdexcept>

#include "tests/core/service/policy_kit.h"

using namespace ropewalk;
using testing::Connection;
using testing::Peer;
using testing::Peers;

namespace {

const Address kPeer = Address::IPv4("192.0.2.1", 4000);

Address v6(std::string_view host) { return Address::IPv6(host, 4000); }

}  // namespace

TEST_CASE("limitConnections: as many as the limit, not one more; room again after a loss") {
  Peers peers;
  const auto limited = limitConnections(peers.factory(), {.total = 2});
  Connection first(*limited);
  Connection second(*limited);
  CHECK(limited->buildProtocol(kPeer) == nullptr);
  CHECK(limited->connections() == 2);
  CHECK(limited->refused() == 1);
  first.transport.lose();
  CHECK(limited->connections() == 1);
  Connection third(*limited);
  CHECK(third.protocol != nullptr);
  CHECK(limited->buildProtocol(kPeer) == nullptr);
}

TEST_CASE("limitConnections: by default nothing is limited, and a limit of 0 refuses all") {
  Peers peers;
  const auto open = limitConnections(peers.factory(), {});
  CHECK(Connection(*open).protocol != nullptr);
  CHECK(limitConnections(peers.factory(), {.total = 0})->buildProtocol(kPeer) == nullptr);
  CHECK(limitConnections(peers.factory(), {.perPeer = 0})->buildProtocol(kPeer) == nullptr);
}

TEST_CASE("limitConnections: peers are counted by address, whatever their ports") {
  Peers peers;
  const auto limited = limitConnections(peers.factory(), {.perPeer = 1});
  Connection first(*limited, Address::IPv4("192.0.2.1", 1));
  CHECK(limited->buildProtocol(Address::IPv4("192.0.2.1", 2)) == nullptr);
  Connection other(*limited, Address::IPv4("192.0.2.2", 1));
  CHECK(other.protocol != nullptr);
  CHECK(limited->connectionsFrom(kPeer) == 1);
  first.transport.lose();
  CHECK(limited->connectionsFrom(kPeer) == 0);
  CHECK(limited->buildProtocol(Address::IPv4("192.0.2.1", 2)) != nullptr);
}

TEST_CASE("limitConnections: IPv6 peers are counted by their /64") {
  Peers peers;
  const auto limited = limitConnections(peers.factory(), {.perPeer = 1});
  Connection first(*limited, v6("2001:db8:0:1::1"));
  CHECK(limited->buildProtocol(v6("2001:db8:0:1:ffff::2")) == nullptr);
  CHECK(limited->buildProtocol(v6("2001:db8:0:2::1")) != nullptr);
  Connection local(*limited, v6("fe80::1%eth0"));
  CHECK(limited->buildProtocol(v6("fe80::2%eth1")) == nullptr);
}

TEST_CASE("limitConnections: an IPv4 peer is the same one when it comes over a dual-stack socket") {
  Peers peers;
  const auto limited = limitConnections(peers.factory(), {.perPeer = 1});
  Connection first(*limited, kPeer);
  CHECK(limited->buildProtocol(v6("::ffff:192.0.2.1")) == nullptr);
  CHECK(limited->buildProtocol(v6("::ffff:192.0.2.2")) != nullptr);
  CHECK(limited->buildProtocol(v6("::1")) != nullptr);
}

TEST_CASE("limitConnections: UNIX peers count in total only") {
  Peers peers;
  const auto limited = limitConnections(peers.factory(), {.total = 3, .perPeer = 1});
  Connection first(*limited, Address::UNIX(""));
  Connection second(*limited, Address::UNIX(""));
  Connection third(*limited, Address::UNIX(""));
  CHECK(third.protocol != nullptr);
  CHECK(limited->buildProtocol(Address::UNIX("")) == nullptr);
}

TEST_CASE("limitConnections: an inner factory that refuses or throws takes no place") {
  const auto refusing = limitConnections(
      factoryOf([](const Address&) { return std::unique_ptr<Protocol>(); }), {.total = 1});
  CHECK(refusing->buildProtocol(kPeer) == nullptr);
  CHECK(refusing->connections() == 0);
  CHECK(refusing->refused() == 0);
  const auto throwing = limitConnections(factoryOf([](const Address&) -> std::unique_ptr<Protocol> {
                                           throw std::runtime_error("no memory");
                                         }),
                                         {.perPeer = 1});
  CHECK_THROWS_AS(throwing->buildProtocol(kPeer), std::runtime_error);
  CHECK(throwing->connections() == 0);
  CHECK(throwing->connectionsFrom(kPeer) == 0);
}

TEST_CASE("limitConnections: a connection that never came to be gives its place back") {
  Peers peers;
  const auto limited = limitConnections(peers.factory(), {.total = 1});
  auto protocol = limited->buildProtocol(kPeer);
  CHECK(limited->connections() == 1);
  protocol.reset();
  CHECK(limited->connections() == 0);
}

TEST_CASE("limitConnections: lost in connectionMade counts once, and only until then") {
  Peers peers;
  testing::StringTransport* wire = nullptr;
  peers.onMade = [&](Peer&) { wire->lose(ConnectionLost("at once")); };
  const auto limited = limitConnections(peers.factory(), {.total = 1});
  testing::StringTransport transport;
  wire = &transport;
  auto protocol = limited->buildProtocol(kPeer);
  transport.connect(*protocol);
  CHECK(limited->connections() == 0);
  CHECK(peers.last().lost == 1);
  protocol.reset();
  CHECK(limited->connections() == 0);
}

TEST_CASE("limitConnections: those above a limit get the overflow, a bounded number of them") {
  Peers peers;
  Peers busy;
  busy.onMade = [](Peer& peer) { peer.transport().write("busy\r\n"); };
  const auto limited = limitConnections(
      peers.factory(), {.total = 1, .overflow = busy.factory(), .overflowTotal = 1});
  Connection served(*limited);
  Connection told(*limited);
  CHECK(told.transport.value() == "busy\r\n");
  CHECK(limited->connections() == 1);
  CHECK(limited->buildProtocol(kPeer) == nullptr);
  told.transport.lose();
  CHECK(limited->buildProtocol(kPeer) != nullptr);
  CHECK(limited->refused() == 3);
}

TEST_CASE("limitConnections: connections may outlive the factory") {
  Peers peers;
  auto limited = limitConnections(peers.factory(), {.perPeer = 5});
  Connection connection(*limited);
  limited.reset();
  connection.transport.lose();
  CHECK(peers.last().lost == 1);
}
