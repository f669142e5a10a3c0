// SerialQueue: jobs of one object, one at a time and in order. Run under tsan as well.
#include "ropewalk/core/net/threads/serial_queue.h"

#include <atomic>
#include <future>
#include <numeric>

#include "ropewalk/core/testing/deferred_results.h"
#include "tests/core/net/world.h"

namespace ropewalk {

using testing::failureResultOf;
using testing::successResultOf;

namespace {

/// A job that holds up its queue until the test lets it go.
struct Gate {
  Deferred<void> stand(SerialQueue& queue) {
    return queue.defer([this, wait = open.get_future().share()] {
      begun = true;
      wait.wait();
    });
  }
  std::promise<void> open;
  std::atomic<bool> begun{false};
};

}  // namespace

TEST_CASE("jobs of a SerialQueue run in their order, never two at once, and come back in it") {
  EVERY_POLLER;
  SerialQueue queue(world.reactor);
  constexpr int kJobs = 500;
  std::vector<int> ran;  // without a lock: the queue is one
  std::vector<int> came;
  for (int i = 0; i < kJobs; ++i) {
    (void)queue
        .defer([&ran, i] {
          ran.push_back(i);
          return i;
        })
        .addCallback([&came](int value) { came.push_back(value); });
  }
  REQUIRE(world.until([&] { return came.size() == kJobs; }));
  std::vector<int> inOrder(kJobs);
  std::iota(inOrder.begin(), inOrder.end(), 0);
  CHECK(ran == inOrder);
  CHECK(came == inOrder);
  CHECK(queue.waiting() == 0);
}

TEST_CASE("jobs run on a thread of the pool, their results come to the reactor's") {
  EVERY_POLLER;
  SerialQueue queue(world.reactor);
  std::thread::id home;
  auto result =
      queue.defer([] { return std::this_thread::get_id(); }).addCallback([&](std::thread::id id) {
        home = std::this_thread::get_id();
        return id;
      });
  REQUIRE(world.until([&] { return result.ready(); }));
  CHECK(successResultOf(result) != std::this_thread::get_id());
  CHECK(home == std::this_thread::get_id());
}

TEST_CASE("two queues do not wait for each other") {
  EVERY_POLLER;
  SerialQueue one(world.reactor);
  SerialQueue other(world.reactor);
  Gate gate;
  auto held = gate.stand(one);
  auto free = other.defer([] { return 7; });
  REQUIRE(world.until([&] { return free.ready(); }));
  CHECK_FALSE(held.ready());
  gate.open.set_value();
  REQUIRE(world.until([&] { return held.ready(); }));
  CHECK(successResultOf(free) == 7);
}

TEST_CASE("a long queue lets others have a pool of one thread in between") {
  EVERY_POLLER;
  ThreadPool pool({.max = 1});
  SerialQueue queue(world.reactor, pool);
  Gate gate;
  auto held = gate.stand(queue);
  std::atomic<int> done{0};
  for (int i = 0; i < 100; ++i) (void)queue.defer([&] { ++done; });
  auto other = deferToThreadPool(world.reactor, pool, [&] { return done.load(); });
  gate.open.set_value();
  REQUIRE(world.until([&] { return other.ready() && done == 100; }));
  CHECK(successResultOf(other) < 100);
  pool.stop();
  world.settle();
}

TEST_CASE("what a job throws is its own failure; the next job runs") {
  EVERY_POLLER;
  SerialQueue queue(world.reactor);
  auto bad = queue.defer([]() -> int { throw std::out_of_range("too far"); });
  auto good = queue.defer([] { return std::make_unique<int>(7); });
  REQUIRE(world.until([&] { return good.ready(); }));
  failureResultOf<std::out_of_range>(bad);
  CHECK(*successResultOf(good) == 7);
}

TEST_CASE("a job that is cancelled before it begins does not run, and is destroyed at once") {
  EVERY_POLLER;
  SerialQueue queue(world.reactor);
  Gate gate;
  auto held = gate.stand(queue);
  bool ran = false;
  const auto token = std::make_shared<int>(7);
  auto doomed = queue.defer([&ran, token] { ran = true; });
  auto last = queue.defer([] { return 9; });
  REQUIRE(world.until([&] { return gate.begun.load(); }));
  CHECK(queue.waiting() == 2);
  doomed.cancel();
  failureResultOf<CancelledError>(doomed);
  CHECK(token.use_count() == 1);
  CHECK(queue.waiting() == 1);
  gate.open.set_value();
  REQUIRE(world.until([&] { return last.ready(); }));
  CHECK_FALSE(ran);
  CHECK(successResultOf(last) == 9);
}

TEST_CASE("a job that is cancelled while it runs fires at once and runs to its end") {
  EVERY_POLLER;
  const log::testing::Captured captured;
  SerialQueue queue(world.reactor);
  Gate gate;
  auto held = gate.stand(queue);
  REQUIRE(world.until([&] { return gate.begun.load(); }));
  held.cancel();
  failureResultOf<CancelledError>(held);
  auto next = queue.defer([] { return 7; });
  world.settle();
  CHECK_FALSE(next.ready());  // still one at a time
  gate.open.set_value();
  REQUIRE(world.until([&] { return next.ready(); }));
  CHECK(successResultOf(next) == 7);
  CHECK(captured.count() == 0);  // the late result is no error
}

TEST_CASE("a queue that goes cancels what has not begun, and waits for nobody") {
  EVERY_POLLER;
  std::optional<SerialQueue> queue(std::in_place, world.reactor);
  Gate gate;
  auto held = gate.stand(*queue);
  bool ran = false;
  auto doomed = queue->defer([&ran] { ran = true; });
  auto asking = queue->defer([] { return 1; });
  bool refused = false;
  asking.addBoth([&](const Result<int>&) {  // a callback that asks the dying queue for more
    queue->defer([] { return 2; }).addErrback([&](const Failure& why) {
      refused = why.check<CancelledError>() != nullptr;
      return 0;
    });
  });
  REQUIRE(world.until([&] { return gate.begun.load(); }));
  queue.reset();
  failureResultOf<CancelledError>(doomed);
  failureResultOf<CancelledError>(asking);
  CHECK(refused);
  CHECK_FALSE(held.ready());
  gate.open.set_value();
  REQUIRE(world.until([&] { return held.ready(); }));
  successResultOf(held);
  CHECK_FALSE(ran);
}

TEST_CASE("the shutdown of the reactor finishes the jobs that it finds, later ones are refused") {
  EVERY_POLLER;
  SerialQueue queue(world.reactor);
  int done = 0;
  for (int i = 0; i < 100; ++i) (void)queue.defer([] {}).addCallback([&] { ++done; });
  std::optional<Deferred<int>> late;
  world.reactor.addSystemEventTrigger(Phase::after, "shutdown", [&] {
    late.emplace(queue.defer([] { return 1; }));
    return succeed();
  });
  world.reactor.callSoon([&] { world.reactor.stop(); });
  world.reactor.run();
  CHECK(done == 100);
  REQUIRE(late);
  failureResultOf<ThreadPoolStopped>(*late);
  auto again = queue.defer([] { return 7; });  // the next run has a pool again
  REQUIRE(world.until([&] { return again.ready(); }));
  CHECK(successResultOf(again) == 7);
}

TEST_CASE(
    "a reactor that is destroyed with jobs in a queue fails them, and the queue may go later") {
  std::optional<SerialQueue> queue;
  std::vector<Deferred<int>> results;
  {
    Reactor reactor;
    queue.emplace(reactor);
    for (int i = 0; i < 50; ++i) results.push_back(queue->defer([i] { return i; }));
  }
  for (auto& result : results) failureResultOf<SourceDroppedError>(result);
  queue.reset();
}

}  // namespace ropewalk
