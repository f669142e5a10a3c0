// The reactor's life, calls and triggers on every poller: the rules; timers T-01 to
// T-05 are in timers_test.cc.
#include <fcntl.h>

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <array>
#include <thread>

#include "ropewalk/core/testing/memory_reactor.h"
#include "tests/core/net/world.h"

namespace ropewalk {

TEST_CASE("R-01: calls from threads run after due timers of the same turn") {
  EVERY_POLLER;
  std::string order;
  world.reactor.callFromThread([&] { order += 'c'; });
  world.reactor.callLater(0s, [&] { order += 't'; });
  world.reactor.iterate();
  CHECK(order == "tc");
}

TEST_CASE("R-02: callWhenRunning waits for run, then is immediate, in order") {
  EVERY_POLLER;
  std::string order;
  world.reactor.callWhenRunning([&] {
    order += '1';
    world.reactor.callWhenRunning([&] { order += "(now)"; });
  });
  world.reactor.callWhenRunning([&] {
    order += '2';
    world.reactor.stop();
  });
  CHECK(order.empty());
  world.reactor.run();
  CHECK(order == "1(now)2");
}

TEST_CASE("R-03: shutdown waits for what the before triggers return, then during, then after") {
  EVERY_POLLER;
  std::string order;
  Source<void> slow;
  const auto note = [&](const char* what) {
    return [&order, what] {
      order += what;
      return succeed();
    };
  };
  world.reactor.addSystemEventTrigger(Phase::after, "shutdown", note("after "));
  world.reactor.addSystemEventTrigger(Phase::during, "shutdown", note("during "));
  world.reactor.addSystemEventTrigger(Phase::before, "shutdown", [&] {
    order += "before ";
    world.reactor.callLater(5ms, [&] {
      order += "waited ";
      slow.callback();
    });
    return slow.deferred();
  });
  world.reactor.addSystemEventTrigger(Phase::before, "shutdown", note("too "));
  world.reactor.callWhenRunning([&] { world.reactor.stop(); });
  world.reactor.run();
  CHECK(order == "before too waited during after ");
}

TEST_CASE("R-03: a trigger that throws or fails is logged, and the rest still run") {
  EVERY_POLLER;
  log::testing::Captured captured;
  bool rest = false;
  world.reactor.addSystemEventTrigger(Phase::before, "shutdown", []() -> Deferred<void> {
    throw std::runtime_error("thrown here");
  });
  world.reactor.addSystemEventTrigger(Phase::before, "shutdown",
                                      [] { return fail<void>(Failure(Error("failed here"))); });
  world.reactor.addSystemEventTrigger(Phase::after, "shutdown", [&] {
    rest = true;
    return succeed();
  });
  world.reactor.callWhenRunning([&] { world.reactor.stop(); });
  world.reactor.run();
  CHECK(rest);
  CHECK(captured.contains(log::Level::error, "thrown here"));
  CHECK(captured.contains(log::Level::error, "failed here"));
}

TEST_CASE("R-03: a removed trigger does not run, and cannot be removed twice") {
  EVERY_POLLER;
  bool ran = false;
  const auto trigger = world.reactor.addSystemEventTrigger(Phase::before, "startup", [&] {
    ran = true;
    return succeed();
  });
  world.reactor.removeSystemEventTrigger(trigger);
  CHECK_THROWS_AS(world.reactor.removeSystemEventTrigger(trigger), std::invalid_argument);
  world.reactor.callWhenRunning([&] { world.reactor.stop(); });
  world.reactor.run();
  CHECK_FALSE(ran);
}

TEST_CASE("R-04: stop is refused when there is nothing to stop") {
  EVERY_POLLER;
  CHECK_THROWS_AS(world.reactor.stop(), ReactorNotRunning);
  world.reactor.callWhenRunning([&] {
    world.reactor.stop();
    CHECK(world.reactor.running());
    CHECK_THROWS_AS(world.reactor.stop(), ReactorNotRunning);
  });
  world.reactor.run();
  CHECK_FALSE(world.reactor.running());
}

TEST_CASE("R-05: stopping closes ports and connections, which are told") {
  EVERY_POLLER;
  Pair pair(world);
  world.reactor.callWhenRunning([&] { world.reactor.stop(); });
  world.reactor.run();
  CHECK(pair.record.over);
  CHECK(pair.record.lostKind == "ConnectionLost");
  CHECK_FALSE(pair.port.listening());
}

TEST_CASE("R-05: a shutdown that a lost connection sets off leaves that connection whole") {
  EVERY_POLLER;
  Source<void> lost;
  Pair pair(world, [&](Recorder& protocol) { protocol.onLost = [&] { lost.callback(); }; });
  world.reactor.addSystemEventTrigger(Phase::before, "shutdown", [&] {
    pair.peer.close();
    return lost.deferred();  // the later phases run inside connectionLost
  });
  world.reactor.callWhenRunning([&] { world.reactor.stop(); });
  world.reactor.run();
  CHECK(pair.record.over);
  CHECK(std::count(pair.record.events.begin(), pair.record.events.end(), "lost") == 1);
}

TEST_CASE("R-06: a reactor cannot run inside itself, and can run again afterwards") {
  EVERY_POLLER;
  int runs = 0;
  for (int i = 0; i < 2; ++i) {
    world.reactor.callWhenRunning([&] {
      ++runs;
      CHECK_THROWS_AS(world.reactor.run(), ReactorAlreadyRunning);
      world.reactor.stop();
    });
    world.reactor.run();
  }
  CHECK(runs == 2);
}

TEST_CASE("R-06: crash ends the loop without triggers, and leaves connections open") {
  EVERY_POLLER;
  Pair pair(world);
  bool fired = false;
  world.reactor.addSystemEventTrigger(Phase::before, "shutdown", [&] {
    fired = true;
    return succeed();
  });
  world.reactor.callWhenRunning([&] { world.reactor.crash(); });
  world.reactor.run();
  CHECK_FALSE(fired);
  CHECK_FALSE(pair.record.over);
}

TEST_CASE("R-07: callFromThread wakes a waiting reactor, keeps the order of each thread") {
  EVERY_POLLER;
  std::string order;
  std::thread other;
  world.reactor.callWhenRunning([&] {
    other = std::thread([&] {
      for (const char c : {'a', 'b', 'c'})
        world.reactor.callFromThread([&order, c] { order += c; });
      world.reactor.callFromThread([&] { world.reactor.stop(); });
    });
  });
  world.reactor.run();
  other.join();
  CHECK(order == "abc");
}

TEST_CASE("R-07: what such a call queues in turn runs in the next turn; errors are logged") {
  EVERY_POLLER;
  log::testing::Captured captured;
  std::string order;
  world.reactor.callSoon([&] {
    order += '1';
    world.reactor.callSoon([&] { order += '2'; });
    throw std::runtime_error("from a call");
  });
  world.reactor.iterate();
  CHECK(order == "1");
  world.reactor.iterate();
  CHECK(order == "12");
  CHECK(captured.contains(log::Level::error, "from a call"));
}

TEST_CASE("R-11: on request SIGTERM stops the reactor, and the handler that was there comes back") {
  EVERY_POLLER;
  struct sigaction before {};
  ::sigaction(SIGTERM, nullptr, &before);
  world.reactor.callWhenRunning([] { ::kill(::getpid(), SIGTERM); });
  world.reactor.run({.installSignalHandlers = true});
  struct sigaction after {};
  ::sigaction(SIGTERM, nullptr, &after);
  CHECK(world.reactor.exitSignal() == SIGTERM);
  CHECK(after.sa_handler == before.sa_handler);
}

TEST_CASE("addReader is level-triggered: called again until the data is read") {
  EVERY_POLLER;
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  const UniqueFd ours(ends[0]);
  const UniqueFd theirs(ends[1]);
  std::string got;
  world.reactor.addReader(ours.get(), [&] {
    char byte = 0;
    REQUIRE(::read(ours.get(), &byte, 1) == 1);
    got += byte;
  });
  REQUIRE(::write(theirs.get(), "abc", 3) == 3);
  CHECK(world.until([&] { return got == "abc"; }));
  world.reactor.removeReader(ours.get());
  REQUIRE(::write(theirs.get(), "d", 1) == 1);
  world.settle();
  CHECK(got == "abc");
}

TEST_CASE("a reader may remove itself, and a writer is called while there is room") {
  EVERY_POLLER;
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  const UniqueFd ours(ends[0]);
  const UniqueFd theirs(ends[1]);
  int calls = 0;
  world.reactor.addWriter(ours.get(), [&] {
    if (++calls == 3) world.reactor.removeWriter(ours.get());
  });
  CHECK(world.until([&] { return calls == 3; }));
  world.settle();
  CHECK(calls == 3);
}

TEST_CASE("a regular file is always ready") {
  EVERY_POLLER;
  const UniqueFd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  int calls = 0;
  world.reactor.addReader(file.get(), [&] {
    if (++calls == 5) world.reactor.removeReader(file.get());
  });
  CHECK(world.until([&] { return calls == 5; }));
}

TEST_CASE("the back end is chosen by name; unknown ones name those that there are") {
  CHECK(Reactor("poll").name() == "poll");
  CHECK(Reactor("select").name() == "select");
  CHECK_THROWS_WITH(Reactor("kqueue9"),
                    Catch::Matchers::Contains("'kqueue9'") && Catch::Matchers::Contains("poll"));
}

TEST_CASE("installReactor decides before the thread's first use, and not after it") {
  std::string name;
  bool refused = false;
  std::thread([&] {
    installReactor("poll");
    name = reactor().name();
    try {
      installReactor("select");
    } catch (const ReactorAlreadyRunning&) {
      refused = true;
    }
  }).join();
  CHECK(name == "poll");
  CHECK(refused);
}

TEST_CASE("react gives 0 for success and 1, with a log line, for failure") {
  log::testing::Captured captured;
  int good = -1;
  int bad = -1;
  std::thread([&] {
    good = react([] { return deferLater(reactor(), 1ms, [] {}); });
    bad = react([] { return fail<void>(Failure(Error("it went wrong"))); });
  }).join();
  CHECK(good == 0);
  CHECK(bad == 1);
  CHECK(captured.contains(log::Level::error, "it went wrong"));
}

TEST_CASE("in a memory reactor an hour passes at once") {
  testing::MemoryReactor world;
  const TimePoint start = world.reactor().now();
  world.reactor().callLater(1h, [&] { world.reactor().stop(); });
  world.reactor().run();
  CHECK(world.reactor().now() - start >= 1h);
}

TEST_CASE("a reactor reads the wall time once a turn, and only when asked") {
  int read = 0;
  Reactor reactor(makePoller("epoll"), {}, [&] { return Timestamp::fromUnix(1s * ++read); });
  reactor.iterate();
  CHECK(read == 0);
  CHECK(reactor.wallTime().unixSeconds() == 1);
  CHECK(reactor.wallTime().unixSeconds() == 1);
  reactor.iterate();
  CHECK(reactor.wallTime().unixSeconds() == 2);
}

TEST_CASE("without a source of its own a reactor has the system's wall time") {
  Reactor reactor;
  const Timestamp before = now();
  reactor.iterate();
  CHECK(reactor.wallTime() >= before);
  CHECK(reactor.wallTime() <= now());
}

namespace {

/// Says how many connections there are when it goes.
struct Witness {
  explicit Witness(Reactor& reactor) : reactor(reactor) {}
  ~Witness() {
    if (ended != nullptr) *ended += "slot " + std::to_string(reactor.connections());
    reactor.callSoon([] {});  // the loop is still there
  }
  Reactor& reactor;
  std::string* ended = nullptr;
};

/// Says that it is lost.
struct Lasting final : Protocol {
  explicit Lasting(std::string& events) : events(events) {}
  void dataReceived(std::string_view /*data*/) override {}
  void connectionLost(const Failure& /*reason*/) override { events += "lost "; }
  std::string& events;
};

}  // namespace

TEST_CASE("slots of a reactor are its own, and outlive its transports") {
  EVERY_POLLER;
  std::string events;
  {
    Reactor one(world.reactor.name());
    Reactor other(world.reactor.name());
    CHECK(&one.slot<Witness>() == &one.slot<Witness>());
    CHECK(&one.slot<Witness>() != &other.slot<Witness>());
    CHECK(&one.slot<Witness>().reactor == &one);
    one.slot<Witness>().ended = &events;
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
    const UniqueFd peer(ends[0]);
    one.adoptStreamConnection(UniqueFd(ends[1]), std::make_unique<Lasting>(events));
  }
  CHECK(events == "lost slot 0");
}

TEST_CASE("in a memory reactor the wall time is the test's") {
  testing::MemoryReactor world;
  CHECK(toTextUTC(world.reactor().wallTime()) == "2026-01-01T00:00:00.000Z");
  world.advance(2s);
  CHECK(toTextUTC(world.reactor().wallTime()) == "2026-01-01T00:00:02.000Z");
  world.setWallTime(Timestamp::fromUnix(1h));
  world.advance(1s);
  CHECK(world.reactor().wallTime().unixSeconds() == 3601);
}

}  // namespace ropewalk
