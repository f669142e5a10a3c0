// TimerService: a LoopingCall that starts and stops with a program.
#include "ropewalk/core/service/timer_service.h"

#include <optional>

#include "ropewalk/core/base/log_capture.h"
#include "ropewalk/core/testing/clock.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "tests/catch.h"

using namespace ropewalk;
using testing::assertNoResult;
using testing::successResultOf;

TEST_CASE("TimerService: calls at the start, and every interval until the stop") {
  testing::Clock clock;
  int calls = 0;
  TimerService timer(clock, 10s, [&] { ++calls; });
  CHECK(calls == 0);
  timer.startService();
  CHECK(calls == 1);
  clock.advance(9999ms);
  CHECK(calls == 1);
  clock.advance(1ms);
  CHECK(calls == 2);
  successResultOf(timer.stopService());
  clock.advance(1min);
  CHECK(calls == 2);
  CHECK(clock.getDelayedCalls() == 0);
}

TEST_CASE("TimerService: every stop fires once the call in progress has ended") {
  testing::Clock clock;
  std::optional<Source<void>> call;
  TimerService timer(clock, 10s, [&] { return call.emplace().deferred(); });
  timer.startService();
  Deferred<void> first = timer.stopService();
  Deferred<void> second = timer.stopService();
  assertNoResult(first);
  CHECK_THROWS_AS(timer.startService(), std::logic_error);
  CHECK_FALSE(timer.running());
  call->callback();
  successResultOf(first);
  successResultOf(second);
}

TEST_CASE(
    "TimerService: a function that fails is logged and not called again; it can be restarted") {
  log::testing::Captured captured;
  testing::Clock clock;
  int calls = 0;
  TimerService timer(clock, 1s, [&] {
    if (++calls == 2) throw std::runtime_error("disk full");
  });
  timer.startService();
  clock.advance(1s);
  clock.advance(1s);
  CHECK(calls == 2);
  CHECK(captured.contains(log::Level::error, "disk full"));
  successResultOf(timer.stopService());
  timer.startService();
  CHECK(calls == 3);
}

TEST_CASE("TimerService: the function may stop its service at once") {
  testing::Clock clock;
  TimerService* self = nullptr;
  TimerService timer(clock, 1s, [&] { static_cast<void>(self->stopService()); });
  self = &timer;
  timer.startService();
  CHECK_FALSE(timer.running());
  CHECK(clock.getDelayedCalls() == 0);
}

TEST_CASE("TimerService: destroying a running one stops it, and a call in progress is cancelled") {
  testing::Clock clock;
  Source<void> call;
  bool cancelled = false;
  call.onCancel([&](Source<void>&) { cancelled = true; });
  {
    TimerService timer(clock, 1s, [&] { return call.deferred(); });
    timer.startService();
  }
  CHECK(cancelled);
  CHECK(clock.getDelayedCalls() == 0);
  CHECK_THROWS_AS(TimerService(clock, -1s, [] {}), std::invalid_argument);
}
