// Timers and the fake clock. Rules T-01 to T-05.
#include "ropewalk/core/async/clock.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "ropewalk/core/base/log_capture.h"
#include "ropewalk/core/testing/clock.h"
#include "tests/catch.h"

using namespace ropewalk;
using FakeClock = ropewalk::testing::Clock;

TEST_CASE("the fake clock has a wall time of its own, which passes as its time does") {
  FakeClock clock;
  CHECK(toTextUTC(clock.wallTime()) == "2026-01-01T00:00:00.000Z");
  clock.advance(1500ms);
  CHECK(toTextUTC(clock.wallTime()) == "2026-01-01T00:00:01.500Z");
  const TimePoint before = clock.now();
  clock.setWallTime(Timestamp::fromUnix(0s));
  CHECK(clock.wallTime() == Timestamp());
  CHECK(clock.now() == before);
  clock.advance(1s);
  CHECK(clock.wallTime().unixSeconds() == 1);
}

TEST_CASE(
    "T-01: callLater never runs at once; on the fake clock a nested call with no delay runs in the "
    "same advance") {
  FakeClock clock;
  std::string log;
  clock.callLater(0s, [&] {
    log += 'a';
    clock.callLater(0s, [&] { log += 'b'; });
    log += '.';
  });
  CHECK(log.empty());
  clock.advance(0s);
  CHECK(log == "a.b");
}

TEST_CASE(
    "T-02: calls run in the order of their times, and equal times in the order of the calls") {
  FakeClock clock;
  std::string log;
  for (const char letter : std::string("abcdefgh"))
    clock.callLater(2s, [&log, letter] { log += letter; });
  clock.callLater(3s, [&] { log += 'z'; });
  clock.callLater(1s, [&] { log += '1'; });
  clock.advance(10s);
  CHECK(log == "1abcdefghz");
}

TEST_CASE("T-03: a call that was made, or cancelled, cannot be moved or cancelled again") {
  FakeClock clock;
  DelayedCall called = clock.callLater(1s, [] {});
  DelayedCall cancelled = clock.callLater(1s, [] { FAIL("was cancelled"); });
  cancelled.cancel();
  CHECK_FALSE(cancelled.active());
  clock.advance(1s);
  CHECK_FALSE(called.active());
  CHECK_FALSE(called.cancel());
  CHECK_THROWS_AS(called.reset(1s), AlreadyCalled);
  CHECK_THROWS_AS(called.delay(1s), AlreadyCalled);
  CHECK_FALSE(cancelled.cancel());
  CHECK_THROWS_AS(cancelled.reset(1s), AlreadyCancelled);
}

TEST_CASE("T-03: reset counts from now, delay from when it was due") {
  FakeClock clock;
  std::string log;
  DelayedCall a = clock.callLater(5s, [&] { log += 'a'; });
  DelayedCall b = clock.callLater(5s, [&] { log += 'b'; });
  clock.advance(4s);
  a.reset(5s);
  b.delay(2s);
  CHECK(a.getTime() - clock.now() == 5s);
  CHECK(b.getTime() - clock.now() == 3s);
  b.delay(-2s);
  clock.advance(1s);
  CHECK(log == "b");
  clock.advance(4s);
  CHECK(log == "ba");
}

TEST_CASE("T-03: while it runs, a call counts as called") {
  FakeClock clock;
  DelayedCall call;
  bool active = true;
  call = clock.callLater(1s, [&] { active = call.active(); });
  clock.advance(1s);
  CHECK_FALSE(active);
}

TEST_CASE("T-04: what a call throws is logged, and the others run") {
  log::testing::Captured captured;
  FakeClock clock;
  bool ran = false;
  clock.callLater(1s, [] { throw std::runtime_error("oops"); });
  clock.callLater(1s, [&] { ran = true; });
  clock.advance(1s);
  CHECK(ran);
  CHECK(captured.count(log::Level::warn) == 1);
}

TEST_CASE("T-05: advance moves time once; each call sees the final time") {
  FakeClock clock;
  const TimePoint start = clock.now();
  std::vector<Duration> seen;
  clock.callLater(1s, [&] {
    seen.push_back(clock.now() - start);
    clock.callLater(1s, [&] { seen.push_back(clock.now() - start); });
  });
  clock.advance(5s);
  CHECK(seen == std::vector<Duration>{5s});
  clock.pump({500ms, 500ms});
  CHECK(seen == std::vector<Duration>{5s, 6s});
}

TEST_CASE("a ScopedCall is cancelled with its owner") {
  FakeClock clock;
  {
    const ScopedCall call = clock.callLater(1s, [] { FAIL("its owner is gone"); });
    CHECK(call.active());
  }
  CHECK(clock.getDelayedCalls() == 0);
}

TEST_CASE("a Deadline that is moved again and again expires once, after the last move") {
  FakeClock clock;
  int expired = 0;
  Deadline deadline(clock, [&] { ++expired; });
  for (int i = 0; i < 10; ++i) {
    deadline.set(3s);
    clock.advance(2s);
  }
  CHECK(expired == 0);
  clock.advance(1s);
  CHECK(expired == 1);
  CHECK_FALSE(deadline.active());
}

TEST_CASE("a Deadline may be brought forward, and cleared") {
  FakeClock clock;
  int expired = 0;
  Deadline deadline(clock, [&] { ++expired; });
  deadline.set(10s);
  deadline.set(1s);
  clock.advance(1s);
  CHECK(expired == 1);
  deadline.set(1s);
  deadline.clear();
  clock.advance(5s);
  CHECK(expired == 1);
}
