// deferLater and LoopingCall. Rules T-06, T-10 to T-16.
#include "ropewalk/core/async/task.h"

#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

#include "ropewalk/core/testing/clock.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "tests/catch.h"
#include "tests/core/async/unhandled_errors.h"

using namespace ropewalk;
using namespace ropewalk::testing;
using FakeClock = ropewalk::testing::Clock;

TEST_CASE("T-06: deferLater calls after its delay and gives what the function gives") {
  FakeClock clock;
  auto d = deferLater(clock, 2s, [] { return 5; });
  clock.advance(1s);
  assertNoResult(d);
  clock.advance(1s);
  CHECK(successResultOf(d) == 5);
}

TEST_CASE("T-06: cancelling it cancels the timer and gives CancelledError") {
  FakeClock clock;
  auto d = deferLater(clock, 2s);
  d.cancel();
  CHECK(clock.getDelayedCalls() == 0);
  failureResultOf<CancelledError>(d);
}

TEST_CASE("T-10: start calls at once, inside start, and then once an interval") {
  FakeClock clock;
  int calls = 0;
  LoopingCall loop(clock, [&] { ++calls; });
  const auto done = loop.start(1s);
  CHECK(calls == 1);
  CHECK(loop.running());
  clock.pump({1s, 1s});
  CHECK(calls == 3);
}

TEST_CASE("T-10: First::later waits for one interval") {
  FakeClock clock;
  int calls = 0;
  LoopingCall loop(clock, [&] { ++calls; });
  const auto done = loop.start(1s, LoopingCall::First::later);
  CHECK(calls == 0);
  clock.advance(1s);
  CHECK(calls == 1);
}

TEST_CASE("T-10: starting twice and a negative interval are programming errors") {
  FakeClock clock;
  LoopingCall loop(clock, [] {});
  CHECK_THROWS_AS(loop.start(-1s), std::invalid_argument);
  const auto done = loop.start(1s);
  CHECK_THROWS_AS(loop.start(1s), std::logic_error);
}

TEST_CASE("T-10: an interval of 0 calls in each turn of the loop") {
  FakeClock clock;
  int calls = 0;
  LoopingCall loop(clock, [&] {
    if (++calls == 5) loop.stop();
  });
  const auto done = loop.start(0s);
  CHECK(calls == 1);
  clock.advance(0s);  // the fake clock runs nested calls in the same advance
  CHECK(calls == 5);
}

TEST_CASE("T-11: the grid stays: late calls skip ticks, and there is no burst") {
  FakeClock clock;
  std::vector<Duration> calls;
  const TimePoint start = clock.now();
  LoopingCall loop(clock, [&] { calls.push_back(clock.now() - start); });
  const auto done = loop.start(1s, LoopingCall::First::later);
  clock.advance(3500ms);
  clock.advance(400ms);
  clock.advance(100ms);
  CHECK(calls == std::vector<Duration>{3500ms, 4s});
}

TEST_CASE("T-12: the next call waits for what the last one gave") {
  FakeClock clock;
  int calls = 0;
  std::optional<Source<int>> work;
  LoopingCall loop(clock, [&] {
    ++calls;
    return work.emplace().deferred();
  });
  const auto done = loop.start(1s);
  clock.advance(2500ms);
  CHECK(calls == 1);
  work->callback(1);
  clock.advance(400ms);
  CHECK(calls == 1);
  clock.advance(100ms);
  CHECK(calls == 2);
  work->callback(1);
}

TEST_CASE("T-13: a failure, thrown or given, stops the loop and fails what start gave") {
  FakeClock clock;
  LoopingCall throws(clock, []() -> void { throw std::runtime_error("oops"); });
  failureResultOf<std::runtime_error>(throws.start(1s));
  CHECK_FALSE(throws.running());
  LoopingCall fails(clock, [] { return fail<int>(ConnectionLost("gone")); });
  failureResultOf<ConnectionLost>(fails.start(1s));
  CHECK(clock.getDelayedCalls() == 0);
}

TEST_CASE("T-14: stop while it waits ends the loop at once") {
  FakeClock clock;
  LoopingCall loop(clock, [] {});
  auto done = loop.start(1s);
  loop.stop();
  successResultOf(done);
  CHECK(clock.getDelayedCalls() == 0);
  CHECK_THROWS_AS(loop.stop(), std::logic_error);
}

TEST_CASE("T-14: stop during a call waits for its end") {
  FakeClock clock;
  Source<int> work;
  LoopingCall loop(clock, [&] { return work.deferred(); });
  auto done = loop.start(1s);
  loop.stop();
  CHECK_FALSE(loop.running());
  assertNoResult(done);
  work.callback(1);
  successResultOf(done);
}

TEST_CASE("T-14: it can be started again, also from the callback of its end") {
  FakeClock clock;
  int calls = 0;
  LoopingCall loop(clock, [&] { ++calls; });
  std::optional<Deferred<void>> second;
  auto first = loop.start(1s);
  first.addCallback([&] { second.emplace(loop.start(1s)); });
  loop.stop();
  CHECK(calls == 2);
  clock.advance(1s);
  CHECK(calls == 3);
}

TEST_CASE("T-15: reset begins the grid anew") {
  FakeClock clock;
  int calls = 0;
  LoopingCall loop(clock, [&] { ++calls; });
  const auto done = loop.start(2s);
  clock.advance(1s);
  loop.reset();
  clock.advance(1s);
  CHECK(calls == 1);
  clock.advance(1s);
  CHECK(calls == 2);
}

TEST_CASE("T-15: reset during a call does nothing") {
  FakeClock clock;
  int calls = 0;
  std::optional<Source<void>> work;
  LoopingCall loop(clock, [&] {
    ++calls;
    return work.emplace().deferred();
  });
  const auto done = loop.start(2s);
  clock.advance(1s);
  loop.reset();
  work->callback();
  clock.advance(1s);
  CHECK(calls == 2);
  work->callback();
}

TEST_CASE("T-16: withCount tells how many intervals have gone by, skipped ones included") {
  FakeClock clock;
  std::vector<std::int64_t> counts;
  auto loop = LoopingCall::withCount(clock, [&](std::int64_t n) { counts.push_back(n); });
  const auto done = loop.start(1s);
  clock.advance(1s);
  clock.advance(3500ms);
  clock.advance(500ms);
  CHECK(counts == std::vector<std::int64_t>{1, 1, 3, 1});
}

TEST_CASE(
    "T-16: without a first call the count starts with what has gone by; an interval of 0 counts "
    "1") {
  FakeClock clock;
  std::vector<std::int64_t> counts;
  auto loop = LoopingCall::withCount(clock, [&](std::int64_t n) { counts.push_back(n); });
  const auto done = loop.start(1s, LoopingCall::First::later);
  clock.advance(2500ms);
  CHECK(counts == std::vector<std::int64_t>{2});
  LoopingCall always = LoopingCall::withCount(clock, [&](std::int64_t n) {
    counts.push_back(n);
    if (counts.size() == 4) always.stop();
  });
  const auto ended = always.start(0s);
  clock.advance(0s);
  CHECK(counts == std::vector<std::int64_t>{2, 1, 1, 1});
}

TEST_CASE("cancelling what start gave stops the loop and cancels the call in progress") {
  FakeClock clock;
  Source<int> work;
  LoopingCall loop(clock, [&] { return work.deferred(); });
  auto done = loop.start(1s);
  done.cancel();
  CHECK(work.called());
  CHECK_FALSE(loop.running());
  failureResultOf<CancelledError>(done);
  CHECK(clock.getDelayedCalls() == 0);
}

TEST_CASE(
    "a LoopingCall that goes away stops; its function lives until the call in progress has ended") {
  FakeClock clock;
  Source<int> work;
  auto captured = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = captured;
  std::optional<LoopingCall> loop;
  loop.emplace(clock, [&work, captured = std::move(captured)]() -> Deferred<int> {
    co_await work.deferred();
    co_return *captured;
  });
  auto done = loop->start(1s);
  loop.reset();
  CHECK_FALSE(watch.expired());
  work.callback(1);
  successResultOf(done);
  CHECK(watch.expired());
}
