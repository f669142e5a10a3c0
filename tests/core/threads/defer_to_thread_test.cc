// deferToThread and blockingCallFromThread: between a reactor and other threads. Run under tsan as
// well.
#include <atomic>
#include <future>
#include <optional>

#include "ropewalk/core/net/threads/threads.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "tests/core/net/world.h"

namespace ropewalk {

using testing::failureResultOf;
using testing::successResultOf;

namespace {

/// Runs the reactor until `done` fires.
template <class T>
void runUntil(Reactor& reactor, Deferred<T>& done) {
  done.addBoth([&reactor](const Result<T>&) {
    reactor.callSoon([&reactor] {
      if (reactor.running()) reactor.stop();
    });
  });
  reactor.run();
}

/// A value that remembers the thread that destroyed it.
struct Witness {
  explicit Witness(std::thread::id& where) : where(&where) {}
  Witness(Witness&& other) noexcept : where(std::exchange(other.where, nullptr)) {}
  Witness& operator=(Witness&&) = delete;
  ~Witness() {
    if (where != nullptr) *where = std::this_thread::get_id();
  }
  std::thread::id* where;
};

}  // namespace

TEST_CASE("R-08: the value of a function on a thread comes back to the reactor's thread") {
  EVERY_POLLER;
  std::thread::id worker;
  std::thread::id home;
  auto result = deferToThread(world.reactor, [&] {
                  worker = std::this_thread::get_id();
                  return std::string("done");
                }).addCallback([&](std::string text) {
    home = std::this_thread::get_id();
    return text + "!";
  });
  REQUIRE(world.until([&] { return result.ready(); }));
  CHECK(successResultOf(result) == "done!");
  CHECK(worker != std::this_thread::get_id());
  CHECK(home == std::this_thread::get_id());
}

TEST_CASE("R-08: an exception on the thread is a Failure of its own type") {
  EVERY_POLLER;
  auto result = deferToThread(world.reactor, []() -> int { throw std::out_of_range("too far"); });
  REQUIRE(world.until([&] { return result.ready(); }));
  CHECK(failureResultOf<std::out_of_range>(result).getErrorMessage() == "too far");
}

TEST_CASE("a function on a thread may give nothing, a Result, or what can only be moved") {
  EVERY_POLLER;
  auto nothing = deferToThread(world.reactor, [] {});
  auto unique = deferToThread(world.reactor, [] { return std::make_unique<int>(7); });
  auto failed =
      deferToThread(world.reactor, []() -> Result<int> { return Failure(TimeoutError("late")); });
  REQUIRE(world.until([&] { return nothing.ready() && unique.ready() && failed.ready(); }));
  successResultOf(nothing);
  CHECK(*successResultOf(unique) == 7);
  failureResultOf<TimeoutError>(failed);
}

TEST_CASE("without a reactor it is the calling thread's") {
  auto result = deferToThread([] { return 7; });
  runUntil(reactor(), result);
  CHECK(successResultOf(result) == 7);
}

TEST_CASE("D-25: cancelling fires at once; the thread goes on, and its result is dropped") {
  std::promise<void> goOn;
  std::atomic<bool> finished{false};
  EVERY_POLLER;
  auto result = deferToThread(world.reactor, [&, wait = goOn.get_future().share()] {
    wait.wait();
    finished = true;
    return 7;
  });
  result.cancel();
  failureResultOf<CancelledError>(result);
  CHECK_FALSE(finished);
  goOn.set_value();
  CHECK(world.until([&] { return finished && world.reactor.threadPool().busy() == 0; }));
  world.settle();
}

TEST_CASE("the function is destroyed on the pool's thread, its dropped result on the reactor's") {
  std::thread::id ran;
  std::thread::id function;
  std::thread::id value;
  EVERY_POLLER;
  {
    auto result = deferToThread(world.reactor, [&, held = Witness(function)] {
      ran = std::this_thread::get_id();
      return Witness(value);
    });
    result.cancel();
    failureResultOf<CancelledError>(result);
  }
  REQUIRE(world.until([&] { return value == std::this_thread::get_id(); }));
  CHECK(function == ran);
}

TEST_CASE("hundreds of calls at once all come back") {
  EVERY_POLLER;
  int sum = 0;
  int left = 500;
  for (int i = 0; i < 500; ++i) {
    (void)deferToThread(world.reactor, [i] { return i; }).addCallback([&](int value) {
      sum += value;
      --left;
    });
  }
  REQUIRE(world.until([&] { return left == 0; }));
  CHECK(sum == 499 * 500 / 2);
  CHECK(world.reactor.threadPool().threads() <= 10);
}

TEST_CASE("R-05: the reactor's shutdown waits for its threads, and delivers their results") {
  EVERY_POLLER;
  std::promise<void> goOn;
  int got = 0;
  auto result = deferToThread(world.reactor, [wait = goOn.get_future().share()] {
                  wait.wait();
                  return 7;
                }).addCallback([&](int value) { got = value; });
  world.reactor.callLater(1ms, [&] {
    world.reactor.stop();
    goOn.set_value();
  });
  world.reactor.run();
  CHECK(got == 7);
}

TEST_CASE(
    "R-08: work that comes while the reactor shuts down fails; a reactor that runs again takes it "
    "again") {
  EVERY_POLLER;
  std::optional<Deferred<int>> late;
  (void)deferToThread(world.reactor, [] {});
  world.reactor.addSystemEventTrigger(Phase::after, "shutdown", [&] {
    late = deferToThread(world.reactor, [] { return 1; });
    return succeed();
  });
  world.reactor.callSoon([&] { world.reactor.stop(); });
  world.reactor.run();
  REQUIRE(late);
  failureResultOf<ThreadPoolStopped>(*late);
  auto again = deferToThread(world.reactor, [] { return 2; });
  runUntil(world.reactor, again);
  CHECK(successResultOf(again) == 2);
}

TEST_CASE("a reactor that is destroyed with work in flight waits for it, and the Deferred fails") {
  std::atomic<bool> finished{false};
  std::optional<Deferred<int>> result;
  {
    EVERY_POLLER;
    result = deferToThread(world.reactor, [&] {
      finished = true;
      return 7;
    });
  }
  CHECK(finished);
  failureResultOf(*result);
}

TEST_CASE("a pool of one's own serves as well") {
  EVERY_POLLER;
  ThreadPool pool({.max = 1, .name = "own"});
  auto result = deferToThreadPool(world.reactor, pool, [] { return 7; });
  REQUIRE(world.until([&] { return result.ready(); }));
  CHECK(successResultOf(result) == 7);
}

}  // namespace ropewalk
