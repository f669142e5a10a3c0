// Signals as calls on a reactor. Rule R-11.
#include "ropewalk/core/net/loop/signals.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "tests/core/net/world.h"

namespace ropewalk {

namespace {

void (*handlerOf(int signal))(int) {
  struct sigaction now {};
  ::sigaction(signal, nullptr, &now);
  return now.sa_handler;
}

}  // namespace

TEST_CASE("a signal calls the function on the reactor's thread, with its number") {
  EVERY_POLLER;
  std::vector<int> seen;
  const SignalWatch watch(world.reactor, {SIGUSR1, SIGUSR2},
                          [&](int signal) { seen.push_back(signal); });
  ::raise(SIGUSR2);
  CHECK(seen.empty());  // not inside the handler
  ::raise(SIGUSR1);
  REQUIRE(world.until([&] { return seen.size() == 2; }));
  CHECK(seen == std::vector<int>{SIGUSR2, SIGUSR1});
}

TEST_CASE("the handlers that were there before are back afterwards") {
  EVERY_POLLER;
  static int calls = 0;
  calls = 0;
  const auto before = ::signal(SIGUSR1, [](int) { ++calls; });
  {
    const SignalWatch watch(world.reactor, {SIGUSR1}, [](int) {});
    ::raise(SIGUSR1);
    CHECK(calls == 0);
  }
  ::raise(SIGUSR1);
  CHECK(calls == 1);
  ::signal(SIGUSR1, before);
}

TEST_CASE("several watches each get the signal, the last one gives it back") {
  EVERY_POLLER;
  int first = 0;
  int second = 0;
  auto one = std::make_unique<SignalWatch>(world.reactor, std::initializer_list<int>{SIGUSR1},
                                           [&](int) { ++first; });
  auto two = std::make_unique<SignalWatch>(world.reactor, std::initializer_list<int>{SIGUSR1},
                                           [&](int) { ++second; });
  ::raise(SIGUSR1);
  REQUIRE(world.until([&] { return first == 1 && second == 1; }));
  one.reset();
  CHECK(handlerOf(SIGUSR1) != SIG_DFL);
  ::raise(SIGUSR1);
  REQUIRE(world.until([&] { return second == 2; }));
  CHECK(first == 1);
  two.reset();
  CHECK(handlerOf(SIGUSR1) == SIG_DFL);
}

TEST_CASE("a watch may be destroyed inside its own function") {
  EVERY_POLLER;
  int calls = 0;
  std::unique_ptr<SignalWatch> watch;
  watch = std::make_unique<SignalWatch>(world.reactor, std::initializer_list<int>{SIGUSR1, SIGUSR2},
                                        [&](int) {
                                          ++calls;
                                          watch.reset();
                                        });
  ::raise(SIGUSR1);
  ::raise(SIGUSR2);
  REQUIRE(world.until([&] { return watch == nullptr; }));
  world.settle();
  CHECK(calls == 1);
}

namespace {

/// What becomes of a child process whose reactor gets SIGTERM while it is inside the function of an
/// earlier one, as one that stands still is, and so sees no second call.
/// @return as waitpid() has it
int secondSignalWhileBusy(Unheard unheard) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGINT, SIG_DFL);  // the test framework's handlers are for its own process
    ::signal(SIGTERM, SIG_DFL);
    Reactor reactor;
    const SignalWatch watch(
        reactor, {SIGTERM, SIGINT},
        [&](int signal) {
          if (signal == SIGINT) ::_exit(7);
          ::raise(SIGINT);
        },
        unheard);
    ::raise(SIGTERM);
    reactor.run();
    ::_exit(8);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status;
}

}  // namespace

TEST_CASE("a second signal that asks for the end needs no reactor that turns") {
  const int asked = secondSignalWhileBusy(Unheard::ends);
  CHECK(WIFSIGNALED(asked));
  CHECK(WTERMSIG(asked) == SIGINT);
  const int others = secondSignalWhileBusy(Unheard::waits);
  CHECK(WIFEXITED(others));
  CHECK(WEXITSTATUS(others) == 7);
}

TEST_CASE("signals one after the other are all heard, whatever an unheard one would do") {
  EVERY_POLLER;
  int seen = 0;
  const SignalWatch watch(
      world.reactor, {SIGUSR1}, [&](int) { ++seen; }, Unheard::ends);
  for (int i = 1; i <= 3; ++i) {
    ::raise(SIGUSR1);
    REQUIRE(world.until([&] { return seen == i; }));
  }
}

TEST_CASE("a signal wakes a reactor that sleeps, whichever thread it hits") {
  EVERY_POLLER;
  int seen = 0;
  const SignalWatch watch(world.reactor, {SIGUSR1}, [&](int signal) {
    seen = signal;
    world.reactor.stop();
  });
  std::thread other;
  world.reactor.callWhenRunning([&] { other = std::thread([] { ::raise(SIGUSR1); }); });
  world.reactor.run();
  other.join();
  CHECK(seen == SIGUSR1);
}

TEST_CASE("reactors on two threads both get it") {
  EVERY_POLLER;
  int here = 0;
  std::atomic<int> there{0};
  std::atomic<bool> ready{false};
  const SignalWatch watch(world.reactor, {SIGUSR1}, [&](int) { ++here; });
  std::thread other([&] {
    Reactor second;
    const SignalWatch own(second, {SIGUSR1}, [&](int) {
      ++there;
      second.stop();
    });
    ready = true;
    second.run();
  });
  REQUIRE(world.until([&] { return ready.load(); }));
  ::raise(SIGUSR1);
  REQUIRE(world.until([&] { return here == 1 && there == 1; }));
  other.join();
}

TEST_CASE(
    "R-11: run() with signal handlers stops on SIGTERM, says which, and puts the handlers back") {
  EVERY_POLLER;
  const auto before = handlerOf(SIGTERM);
  world.reactor.callSoon([] { ::raise(SIGTERM); });
  world.reactor.run({.installSignalHandlers = true});
  CHECK(world.reactor.exitSignal() == SIGTERM);
  CHECK(handlerOf(SIGTERM) == before);
}

TEST_CASE("R-11: run() without them touches no signal") {
  EVERY_POLLER;
  bool touched = true;
  const auto before = handlerOf(SIGINT);
  world.reactor.callSoon([&] {
    touched = handlerOf(SIGINT) != before;
    world.reactor.stop();
  });
  world.reactor.run();
  CHECK_FALSE(touched);
}

TEST_CASE("an exception in the function is logged, and the next signal arrives") {
  log::testing::Captured captured;
  EVERY_POLLER;
  int calls = 0;
  const SignalWatch watch(world.reactor, {SIGUSR1}, [&](int) {
    if (++calls == 1) throw std::runtime_error("no such luck");
  });
  ::raise(SIGUSR1);
  ::raise(SIGUSR1);
  REQUIRE(world.until([&] { return calls == 2; }));
  CHECK(captured.contains(log::Level::error, "no such luck"));
}

TEST_CASE("what cannot be caught is refused, and nothing stays behind") {
  EVERY_POLLER;
  CHECK_THROWS_AS(SignalWatch(world.reactor, {SIGUSR1, SIGKILL}, [](int) {}), std::system_error);
  CHECK_THROWS_AS(SignalWatch(world.reactor, {0}, [](int) {}), std::system_error);
  CHECK_THROWS_AS(SignalWatch(world.reactor, {65}, [](int) {}), std::system_error);
  CHECK(handlerOf(SIGUSR1) == SIG_DFL);
}

TEST_CASE("watches may come and go while signals rain on another thread, and none is lost") {
  constexpr int kMost = 20'000;  // bytes: less than a pipe holds, however late the reactor is
  EVERY_POLLER;
  int seen = 0;
  const SignalWatch keeper(world.reactor, {SIGUSR1}, [&](int) { ++seen; });
  std::atomic<bool> over{false};
  std::atomic<int> raised{0};
  std::thread rain([&] {
    while (!over && raised < kMost) {
      ::raise(SIGUSR1);
      ++raised;
    }
  });
  const bool started = world.until([&] { return seen > 0; });
  for (int i = 0; i < 200; ++i) {
    const SignalWatch passing(world.reactor, {SIGUSR1}, [](int) {});
    world.reactor.iterate();
  }
  over = true;
  rain.join();
  CHECK(started);
  CHECK(world.until([&] { return seen == raised; }));
}

TEST_CASE("there is room for 64 watches, and again once they are gone") {
  EVERY_POLLER;
  for (int round = 0; round < 2; ++round) {
    std::vector<std::unique_ptr<SignalWatch>> watches;
    for (int i = 0; i < 64; ++i) {
      watches.push_back(std::make_unique<SignalWatch>(
          world.reactor, std::initializer_list<int>{SIGUSR1}, [](int) {}));
    }
    CHECK_THROWS_AS(SignalWatch(world.reactor, {SIGUSR1}, [](int) {}), std::length_error);
  }
}

}  // namespace ropewalk
