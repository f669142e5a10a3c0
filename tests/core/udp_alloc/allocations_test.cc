// What a datagram costs, counted: no allocation, once the first ones have come and gone.

#include "ropewalk/core/net/datagram.h"
#include "tests/core/udp/datagrams.h"
#include "tests/counted_new.h"

using namespace ropewalk;

namespace {

struct PeerEcho : DatagramProtocol {
  void received(const Datagram& datagram) override {
    const auto room = transport().reserve(datagram.data.size());
    std::copy(datagram.data.begin(), datagram.data.end(), room.begin());
    transport().commit(datagram.data.size(), datagram.peer);
  }
};

/// Sends `count` questions and takes the answers by plain system calls.
/// @return how many allocations that took
std::size_t exchange(World& world, const Peer& peer, const detail::SocketAddress& to, int count) {
  char buffer[64];
  const std::size_t before = allocations;
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < count; ++i) {
      // Two sizes, so that runs of both kinds are made.
      if (::sendto(peer.fd(), "questions", i % 3 == 0 ? 5 : 9, 0, to.get(), to.length) < 0)
        return 1;
    }
    for (int answers = 0; answers < count;) {
      world.reactor.iterate();
      while (::recv(peer.fd(), buffer, sizeof buffer, 0) > 0) ++answers;
    }
  }
  return allocations - before;
}

}  // namespace

TEST_CASE("a datagram and its answer allocate nothing") {
  EVERY_POLLER;
  const Peer peer;
  for (const char* interface : {"127.0.0.1", ""}) {
    CAPTURE(interface);
    auto port = world.reactor.listenUDP(0, std::make_unique<PeerEcho>(), {.interface = interface});
    const auto to = detail::SocketAddress::from(loopback(port.port()));
    exchange(world, peer, to, 100);  // warms the loop's buffers
    CHECK(exchange(world, peer, to, 100) == 0);
  }
}

TEST_CASE("nor do they with an Address of IPv4 in between") {
  EVERY_POLLER;
  const Peer peer;
  auto port = world.reactor.listenUDP(0, std::make_unique<Echo>());
  const auto to = detail::SocketAddress::from(loopback(port.port()));
  exchange(world, peer, to, 100);
  CHECK(exchange(world, peer, to, 100) == 0);
}
