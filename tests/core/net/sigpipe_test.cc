// A peer that goes must never end the program: SIGPIPE while a reactor turns, and afterwards.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>

#include "ropewalk/core/net/process/process_output.h"
#include "tests/core/net/world.h"

namespace ropewalk {
namespace {

sigset_t sigpipeAlone() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  return set;
}

bool sigpipeBlocked() {
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  return sigismember(&mask, SIGPIPE) == 1;
}

bool sigpipePending() {
  sigset_t pending;
  ::sigpending(&pending);
  return sigismember(&pending, SIGPIPE) == 1;
}

/// Writes to a pipe that nobody reads.
void breakPipe() {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  ::close(ends[0]);
  REQUIRE(::write(ends[1], "x", 1) == -1);
  REQUIRE(errno == EPIPE);
  ::close(ends[1]);
}

/// Runs the reactor for one call.
void runOnce(Reactor& reactor, UniqueFunction<void()> f) {
  reactor.callWhenRunning([&reactor, f = std::move(f)]() mutable {
    f();
    reactor.stop();
  });
  reactor.run();
}

TEST_CASE("SIGPIPE is blocked while the reactor runs, and nothing is left of it afterwards") {
  EVERY_POLLER;
  REQUIRE_FALSE(sigpipeBlocked());
  bool blocked = false;
  runOnce(world.reactor, [&] {
    blocked = sigpipeBlocked();
    breakPipe();
  });
  CHECK(blocked);
  CHECK_FALSE(sigpipeBlocked());
  CHECK_FALSE(sigpipePending());
}

TEST_CASE("a single turn keeps SIGPIPE away too") {
  EVERY_POLLER;
  world.reactor.callSoon(breakPipe);
  world.reactor.iterate();
  CHECK_FALSE(sigpipeBlocked());
  CHECK_FALSE(sigpipePending());
}

TEST_CASE("a SIGPIPE that was blocked, or pending, before is left to its owner") {
  EVERY_POLLER;
  const sigset_t pipe = sigpipeAlone();
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &pipe, &before);
  breakPipe();
  runOnce(world.reactor, [] {});
  CHECK(sigpipeBlocked());
  CHECK(sigpipePending());
  const timespec now{};
  CHECK(::sigtimedwait(&pipe, nullptr, &now) == SIGPIPE);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_CASE(
    "the disposition of SIGPIPE stays the program's, and its children do not inherit the mask") {
  EVERY_POLLER;
  struct sigaction seen {};
  std::string masks;
  runOnce(world.reactor, [&] { ::sigaction(SIGPIPE, nullptr, &seen); });
  CHECK(seen.sa_handler == SIG_DFL);
  world.reactor.callWhenRunning([&] {
    Reactor& reactor = world.reactor;
    getProcessOutput(reactor, "grep", {"^SigBlk", "/proc/self/status"})
        .addCallback([&](std::string text) { masks = std::move(text); })
        .addBoth([&](const Result<void>&) { reactor.stop(); });
  });
  world.reactor.run();
  CHECK(masks == "SigBlk:\t0000000000000000\n");
}

TEST_CASE("a connection whose peer resets in the middle of a file ends, and only that") {
  EVERY_POLLER;
  const UniqueFd file(::memfd_create("large", MFD_CLOEXEC));
  REQUIRE(::ftruncate(file.get(), 8 << 20) == 0);
  const SharedFd shared = std::make_shared<const UniqueFd>(::dup(file.get()));
  int over = 0;
  struct Sender final : Protocol {
    Sender(SharedFd file, int& over) : file(std::move(file)), over(over) {}
    void connectionMade() override { transport().writeFile(file, 0, 8 << 20); }
    void dataReceived(std::string_view) override {}
    void connectionLost(const Failure&) override { ++over; }
    SharedFd file;
    int& over;
  };
  constexpr int kPeers = 20;
  std::deque<int> peers;
  for (int i = 0; i < kPeers; ++i) {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    world.reactor.adoptStreamConnection(UniqueFd(ends[0]), std::make_unique<Sender>(shared, over));
    peers.push_back(ends[1]);
  }
  world.settle();
  std::array<char, 4096> some;
  for (const int peer : peers) {
    CHECK(::read(peer, some.data(), some.size()) > 0);
    ::close(peer);
  }
  REQUIRE(world.until([&] { return over == kPeers; }));
  CHECK_FALSE(sigpipePending());
}

}  // namespace
}  // namespace ropewalk
