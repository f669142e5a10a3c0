// blockingCallFromThread: a thread waits for a reactor. Rule R-09. Run under tsan as well.
#include <atomic>
#include <future>

#include "ropewalk/core/net/threads/threads.h"
#include "tests/core/net/world.h"

namespace ropewalk {

namespace {

/// Runs `f` on a thread of its own while the reactor runs, which stops once f is through.
template <class F>
void besideReactor(Reactor& reactor, F f) {
  std::thread other([&] {
    f();
    reactor.callFromThread([&] {
      if (reactor.running()) reactor.stop();
    });
  });
  reactor.run();
  other.join();
}

}  // namespace

TEST_CASE("R-09: the function runs on the reactor's thread, its value comes back to the caller's") {
  EVERY_POLLER;
  std::thread::id where;
  std::string got;
  besideReactor(world.reactor, [&] {
    got = blockingCallFromThread(world.reactor, [&] {
      where = std::this_thread::get_id();
      return std::string("done");
    });
  });
  CHECK(got == "done");
  CHECK(where == std::this_thread::get_id());
}

TEST_CASE("R-09: a Deferred is waited for") {
  EVERY_POLLER;
  int got = 0;
  besideReactor(world.reactor, [&] {
    got = blockingCallFromThread(world.reactor, [&] {
      auto source = std::make_shared<Source<int>>();
      world.reactor.callLater(1ms, [source] { source->callback(7); });
      return source->deferred();
    });
  });
  CHECK(got == 7);
}

TEST_CASE("R-09: a coroutine that captures is a function like any other") {
  EVERY_POLLER;
  std::string got;
  besideReactor(world.reactor, [&] {
    const std::string word = "captured, and longer than what fits into a string without the heap";
    got = blockingCallFromThread(world.reactor, [&world, word]() -> Deferred<std::string> {
      Source<void> later;
      Deferred<void> wait = later.deferred();
      world.reactor.callLater(
          1ms, [later = std::make_shared<Source<void>>(std::move(later))] { later->callback(); });
      co_await wait;
      co_return word;
    });
  });
  CHECK(got.starts_with("captured"));
}

TEST_CASE("R-09: an exception and a failed Deferred are thrown at the caller") {
  EVERY_POLLER;
  besideReactor(world.reactor, [&] {
    CHECK_THROWS_AS(
        blockingCallFromThread(world.reactor, [] { throw std::out_of_range("too far"); }),
        std::out_of_range);
    CHECK_THROWS_AS(
        blockingCallFromThread(world.reactor, [] { return fail<int>(TimeoutError("late")); }),
        TimeoutError);
  });
}

TEST_CASE("R-09: on the reactor's own thread it is a std::logic_error, not a deadlock") {
  EVERY_POLLER;
  bool refused = false;
  world.reactor.callSoon([&] {
    try {
      blockingCallFromThread(world.reactor, [] {});
    } catch (const std::logic_error&) {
      refused = true;
    }
    world.reactor.stop();
  });
  world.reactor.run();
  CHECK(refused);
}

TEST_CASE("a call that comes before the reactor runs waits until it does") {
  EVERY_POLLER;
  std::promise<void> asked;
  std::thread other([&] {
    asked.set_value();
    CHECK(blockingCallFromThread(world.reactor, [] { return 7; }) == 7);
    world.reactor.callFromThread([&] { world.reactor.stop(); });
  });
  asked.get_future().wait();
  world.reactor.run();
  other.join();
}

TEST_CASE("a reactor that stops without an answer throws ReactorNotRunning at those who wait") {
  EVERY_POLLER;
  Source<int> never;
  std::promise<bool> threw;
  std::thread other([&] {
    try {
      blockingCallFromThread(world.reactor, [&] {
        world.reactor.callLater(1ms, [&] { world.reactor.stop(); });
        return never.deferred();
      });
      threw.set_value(false);
    } catch (const ReactorNotRunning&) {
      threw.set_value(true);
    }
  });
  world.reactor.run();
  other.join();
  CHECK(threw.get_future().get());
}

TEST_CASE("a pool thread that waits for the reactor does not keep it from stopping") {
  EVERY_POLLER;
  Source<int> never;
  std::atomic<int> refused{0};
  for (int i = 0; i < 3; ++i) {
    (void)deferToThread(world.reactor, [&, i] {
      try {
        blockingCallFromThread(world.reactor, [&, i]() -> Deferred<int> {
          if (i > 0) return succeed(1);
          world.reactor.callLater(1ms, [&] { world.reactor.stop(); });
          return never.deferred();
        });
        blockingCallFromThread(world.reactor, [] { return Source<int>().deferred(); });
      } catch (const std::exception&) {
        ++refused;
      }
    });
  }
  world.reactor.run();
  CHECK(refused == 3);
}

TEST_CASE("after the reactor has stopped, a call is refused until it runs again") {
  EVERY_POLLER;
  world.reactor.callSoon([&] { world.reactor.stop(); });
  world.reactor.run();
  std::thread other(
      [&] { CHECK_THROWS_AS(blockingCallFromThread(world.reactor, [] {}), ReactorNotRunning); });
  other.join();
  int got = 0;
  std::promise<void> running;
  world.reactor.callSoon([&] { running.set_value(); });
  std::thread again([&] {
    running.get_future().wait();
    got = blockingCallFromThread(world.reactor, [] { return 7; });
    world.reactor.callFromThread([&] { world.reactor.stop(); });
  });
  world.reactor.run();
  again.join();
  CHECK(got == 7);
}

TEST_CASE("R-07: calls from a thread run in their order, from many threads none is lost") {
  EVERY_POLLER;
  constexpr int kThreads = 4;
  constexpr int kCalls = 1000;
  std::vector<std::vector<int>> seen(kThreads);
  std::atomic<int> left{kThreads};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kCalls; ++i)
        world.reactor.callFromThread([&, t, i] { seen[t].push_back(i); });
      world.reactor.callFromThread([&] {
        if (--left == 0) world.reactor.stop();
      });
    });
  }
  world.reactor.run();
  for (std::thread& thread : threads) thread.join();
  for (const auto& calls : seen) {
    CHECK(calls.size() == kCalls);
    CHECK(std::is_sorted(calls.begin(), calls.end()));
  }
}

TEST_CASE("many threads may wait at once") {
  EVERY_POLLER;
  std::atomic<int> sum{0};
  std::atomic<int> left{8};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) sum += blockingCallFromThread(world.reactor, [] { return 1; });
      if (--left == 0) world.reactor.callFromThread([&] { world.reactor.stop(); });
    });
  }
  world.reactor.run();
  for (std::thread& thread : threads) thread.join();
  CHECK(sum == 400);
}

}  // namespace ropewalk
