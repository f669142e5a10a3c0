// StringDatagramTransport: a port for the tests of datagram protocols.

#include "ropewalk/core/testing/string_datagram_transport.h"

#include "tests/catch.h"

using namespace ropewalk;

namespace {

const Address kPeer = Address::IPv4("192.0.2.1", 4711);

struct Pong : DatagramProtocol {
  void startProtocol() override { events += "start "; }
  void stopProtocol() override { events += "stop "; }
  void datagramReceived(std::string_view data, const Address& from) override {
    transport().write(data, from);
  }
  std::string events;
};

}  // namespace

TEST_CASE("StringDatagramTransport plays a port to a protocol, and keeps what it answers") {
  testing::StringDatagramTransport transport;
  Pong protocol;
  transport.connect(protocol);
  transport.receive("ping", kPeer);
  transport.receive("cut o", kPeer, true);
  const auto sent = transport.take();
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].data == "ping");
  CHECK(sent[0].to == kPeer);
  CHECK(transport.sent().empty());
  CHECK(transport.counts().received == 2);
  CHECK(transport.counts().truncated == 1);
  CHECK(transport.counts().sent == 1);
  transport.end();
  transport.end();
  CHECK(protocol.events == "start stop ");
  CHECK(&protocol.transport() == &DatagramTransport::null());
  transport.receive("late", kPeer);
  CHECK(transport.sent().empty());
}

TEST_CASE("StringDatagramTransport: reserve and commit, connected ports, groups, the end") {
  testing::StringDatagramTransport transport;
  Pong protocol;
  transport.connect(protocol);
  CHECK_THROWS_AS(transport.write("x"), std::logic_error);
  const auto room = transport.reserve(8);
  std::fill(room.begin(), room.end(), 'a');
  transport.commit(3, DatagramPeer(kPeer));
  CHECK(transport.take().at(0).data == "aaa");
  CHECK_THROWS_AS(transport.commit(1, DatagramPeer(kPeer)), std::logic_error);
  transport.setPeer(kPeer);
  transport.write("to the peer");
  CHECK(transport.take().at(0).to == kPeer);
  transport.joinGroup("239.1.1.1", {});
  transport.joinSourceGroup("232.1.1.1", "192.0.2.1", {});
  CHECK(transport.groups() == std::vector<std::string>{"239.1.1.1", "232.1.1.1 from 192.0.2.1"});
  transport.leaveGroup("239.1.1.1", {});
  transport.leaveSourceGroup("232.1.1.1", "192.0.2.1", {});
  CHECK(transport.groups().empty());
  transport.stopListening();
  CHECK(transport.stopped());
  CHECK_THROWS_AS(transport.reactor(), std::logic_error);
}
