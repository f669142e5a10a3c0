// Errors of the kernel in the middle of receiving: what they leave behind is fetched all the same.
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "tests/core/udp/datagrams.h"

using namespace ropewalk;

namespace {
/// What recvmmsg does next, first to last: 0 is what it always does.
std::vector<int>& faults() {
  static std::vector<int> errors;
  return errors;
}
}  // namespace

/// In the place of the C library's, for this program.
extern "C" int recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags, timespec* timeout) {
  if (!faults().empty()) {
    const int error = faults().front();
    faults().erase(faults().begin());
    if (error != 0) return errno = error, -1;
  }
  return static_cast<int>(::syscall(SYS_recvmmsg, fd, messages, count, flags, timeout));
}

TEST_CASE("a datagram that an error left behind is fetched at once, not with the next one") {
  const int error = GENERATE(ENOMEM, ENOBUFS, ECONNREFUSED, EHOSTUNREACH, EINTR);
  EVERY_POLLER;
  DatagramRecord record;
  Peer peer;
  world.reactor.connectUDP(peer.address(), datagramRecorder(record));
  const Address port = record.transport().getHost();
  faults() = {error, error};
  peer.send("one", port);
  REQUIRE(world.until([&] { return !record.received.empty(); }));
  CHECK(faults().empty());
  peer.send("two", port);
  REQUIRE(world.until([&] { return record.received.size() == 2; }));
}

TEST_CASE("an error that does not pass is told, and does not keep the reactor busy") {
  EVERY_POLLER;
  DatagramRecord record;
  Peer peer;
  world.reactor.connectUDP(peer.address(), datagramRecorder(record));
  const Address port = record.transport().getHost();
  faults() = std::vector<int>(8, ENOMEM);
  peer.send("one", port);
  REQUIRE(world.until([&] { return faults().empty(); }));
  peer.send("two", port);
  REQUIRE(world.until([&] { return record.received.size() == 2; }));
}
