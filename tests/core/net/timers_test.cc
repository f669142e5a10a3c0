// Delayed calls: the rules T-01 to T-05, on the reactor and on the test kit's clock.
#include "ropewalk/core/testing/clock.h"
#include "tests/core/net/world.h"

namespace ropewalk {

TEST_CASE("T-01: a call made by a timed call runs in a later turn, even without delay") {
  EVERY_POLLER;
  int calls = 0;
  world.reactor.callLater(0s, [&] {
    world.reactor.callLater(0s, [&] { ++calls; });
    CHECK(calls == 0);
  });
  CHECK(calls == 0);
  world.reactor.iterate();
  CHECK(calls == 0);
  world.reactor.iterate();
  CHECK(calls == 1);
  CHECK_THROWS_AS(world.reactor.callLater(-1s, [] {}), std::invalid_argument);
}

TEST_CASE("T-02: calls run by time, and equal times in the order they were made") {
  testing::Clock clock;
  std::string order;
  clock.callLater(2s, [&] { order += '3'; });
  clock.callLater(1s, [&] { order += '1'; });
  clock.callLater(1s, [&] { order += '2'; });
  clock.callLater(2s, [&] { order += '4'; });
  clock.advance(3s);
  CHECK(order == "1234");
}

TEST_CASE("T-02: thousands of calls in any order come out sorted") {
  testing::Clock clock;
  std::vector<int> seen;
  std::uint32_t state = 1;
  std::vector<DelayedCall> calls;
  for (int i = 0; i < 5000; ++i) {
    state = state * 1664525 + 1013904223;
    const int when = static_cast<int>(state >> 20);
    calls.push_back(
        clock.callLater(std::chrono::milliseconds(when), [&seen, when] { seen.push_back(when); }));
  }
  for (std::size_t i = 0; i < calls.size(); i += 3) calls[i].cancel();
  clock.advance(10s);
  CHECK(seen.size() == 3333);
  CHECK(std::is_sorted(seen.begin(), seen.end()));
}

TEST_CASE("T-03: cancel, reset and delay, and what they say when it is too late") {
  testing::Clock clock;
  int calls = 0;
  DelayedCall call = clock.callLater(1s, [&] { ++calls; });
  call.reset(5s);
  clock.advance(4s);
  call.delay(-1s);
  CHECK(calls == 0);
  clock.advance(0s);
  CHECK(calls == 1);
  CHECK_FALSE(call.active());
  CHECK_FALSE(call.cancel());
  CHECK_THROWS_AS(call.reset(1s), AlreadyCalled);
  DelayedCall other = clock.callLater(1s, [&] { ++calls; });
  const DelayedCall copy = other;
  CHECK(other.cancel());
  CHECK_FALSE(other.cancel());
  CHECK_THROWS_AS(DelayedCall(copy).delay(1s), AlreadyCancelled);
  clock.advance(2s);
  CHECK(calls == 1);
}

TEST_CASE("T-03: while it runs a call counts as called") {
  testing::Clock clock;
  DelayedCall call;
  call = clock.callLater(1s, [&] { CHECK_FALSE(call.cancel()); });
  clock.advance(1s);
  CHECK_FALSE(call.active());
}

TEST_CASE("T-04: an exception in a timed call is logged and stops no other") {
  log::testing::Captured captured;
  testing::Clock clock;
  int calls = 0;
  clock.callLater(1s, [] { throw std::runtime_error("late and broken"); });
  clock.callLater(1s, [&] { ++calls; });
  clock.advance(1s);
  CHECK(calls == 1);
  CHECK(captured.contains(log::Level::error, "late and broken"));
}

TEST_CASE("T-05: advance moves time once; what is due sees the final time; nested calls run too") {
  testing::Clock clock;
  const TimePoint start = clock.now();
  std::string order;
  clock.callLater(1s, [&] {
    CHECK(clock.now() - start == 10s);
    order += 'a';
    clock.callLater(0s, [&] { order += 'c'; });
  });
  clock.callLater(2s, [&] { order += 'b'; });
  clock.advance(10s);
  CHECK(order == "abc");
  clock.pump({1s, 1s});
  CHECK(clock.now() - start == 12s);
}

TEST_CASE("a Deadline that is moved often needs one timer, and expires when it was moved to") {
  testing::Clock clock;
  int expired = 0;
  Deadline deadline(clock, [&] { ++expired; });
  for (int i = 0; i < 100; ++i) {
    deadline.set(10s);
    CHECK(clock.getDelayedCalls() == 1);
    clock.advance(1s);
  }
  CHECK(expired == 0);
  clock.advance(9s);
  CHECK(expired == 1);
  deadline.set(10s);
  deadline.set(1s);
  clock.advance(1s);
  CHECK(expired == 2);
  deadline.set(1s);
  deadline.clear();
  clock.advance(10s);
  CHECK(expired == 2);
}

TEST_CASE("a ScopedCall is cancelled with its owner") {
  testing::Clock clock;
  int calls = 0;
  {
    const ScopedCall call = clock.callLater(1s, [&] { ++calls; });
    CHECK(call.active());
  }
  clock.advance(2s);
  CHECK(calls == 0);
  CHECK(clock.getDelayedCalls() == 0);
}

}  // namespace ropewalk
