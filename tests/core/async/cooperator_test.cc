// Cooperator. Rules T-20 to T-22.
#include "ropewalk/core/async/cooperator.h"

#include <stdexcept>
#include <string>

#include "ropewalk/core/async/task.h"
#include "ropewalk/core/testing/clock.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "tests/catch.h"

using namespace ropewalk;
using namespace ropewalk::testing;
using FakeClock = ropewalk::testing::Clock;

namespace {

/// A turn is over after this many steps: no real time in tests.
Cooperator::Options stepsPerTurn(int steps) {
  return {.turn = [steps] { return [left = steps]() mutable { return --left <= 0; }; }};
}

/// Appends its letter until it has done so `times` times.
auto letters(std::string& log, char letter, int times) {
  return [&log, letter, times]() mutable -> Step {
    log += letter;
    return --times == 0 ? Cooperator::done : Cooperator::more;
  };
}

}  // namespace

TEST_CASE("T-20: tasks take turns, one step each") {
  FakeClock clock;
  Cooperator cooperator(clock, stepsPerTurn(100));
  std::string log;
  auto a = cooperator.coiterate(letters(log, 'a', 3));
  auto b = cooperator.coiterate(letters(log, 'b', 2));
  CHECK(log.empty());
  clock.advance(0s);
  CHECK(log == "ababa");
  successResultOf(a);
  successResultOf(b);
  CHECK(clock.getDelayedCalls() == 0);
}

TEST_CASE(
    "T-20: when its time is used up it lets the reactor turn, and goes on with whose turn it is") {
  FakeClock clock;
  std::string log;
  Cooperator cooperator(clock, {.turn = [&] {
                          log += '|';
                          return [left = 3]() mutable { return --left <= 0; };
                        }});
  auto a = cooperator.coiterate(letters(log, 'a', 3));
  auto b = cooperator.coiterate(letters(log, 'b', 3));
  clock.advance(0s);
  CHECK(log == "|aba|bab");
}

TEST_CASE("T-20: without options a turn lasts 10 ms of real time, so short tasks end in one") {
  FakeClock clock;
  Cooperator cooperator(clock);
  std::string log;
  auto a = cooperator.coiterate(letters(log, 'a', 3));
  clock.advance(0s);
  successResultOf(a);
}

TEST_CASE("T-21: a task waits for the Deferred that its step gives, while others go on") {
  FakeClock clock;
  Cooperator cooperator(clock, stepsPerTurn(100));
  std::string log;
  auto waiting = cooperator.coiterate([&, step = 0]() mutable -> Step {
    log += 'w';
    if (++step == 1) return deferLater(clock, 5s);
    return Cooperator::done;
  });
  auto other = cooperator.coiterate(letters(log, 'o', 2));
  clock.advance(0s);
  CHECK(log == "woo");
  clock.advance(5s);
  CHECK(log == "woow");
  successResultOf(waiting);
}

TEST_CASE("T-21: a Deferred that fails, or a step that throws, fails the task") {
  FakeClock clock;
  Cooperator cooperator(clock, stepsPerTurn(100));
  auto fails = cooperator.cooperate([]() -> Step { return fail<void>(ConnectionLost("gone")); });
  auto throws = cooperator.cooperate([]() -> Step { throw std::runtime_error("oops"); });
  clock.advance(0s);
  failureResultOf<ConnectionLost>(fails.whenDone());
  failureResultOf<std::runtime_error>(throws.whenDone());
  CHECK_THROWS_AS(throws.pause(), TaskFailed);
}

TEST_CASE("T-21: pauses nest, and resuming what is not paused throws") {
  FakeClock clock;
  Cooperator cooperator(clock, stepsPerTurn(100));
  std::string log;
  auto task = cooperator.cooperate(letters(log, 'a', 1));
  task.pause();
  task.pause();
  task.resume();
  clock.advance(0s);
  CHECK(log.empty());
  task.resume();
  clock.advance(0s);
  CHECK(log == "a");
  CHECK_THROWS_AS(task.resume(), NotPaused);
}

TEST_CASE("T-21: a task that was stopped fails with TaskStopped, one that is done says so") {
  FakeClock clock;
  Cooperator cooperator(clock, stepsPerTurn(100));
  std::string log;
  auto stopped = cooperator.cooperate(letters(log, 'a', 3));
  auto done = cooperator.cooperate(letters(log, 'b', 1));
  auto end = stopped.whenDone();
  stopped.stop();
  failureResultOf<TaskStopped>(end);
  clock.advance(0s);
  CHECK(log == "b");
  CHECK_THROWS_AS(stopped.stop(), TaskStopped);
  CHECK_THROWS_AS(done.pause(), TaskDone);
  successResultOf(done.whenDone());
  successResultOf(done.whenDone());
}

TEST_CASE(
    "T-22: stop fails all tasks, waiting and paused ones too, and new ones at once; start allows "
    "them again") {
  FakeClock clock;
  Cooperator cooperator(clock, stepsPerTurn(100));
  std::string log;
  auto runs = cooperator.coiterate(letters(log, 'a', 3));
  auto waits = cooperator.coiterate([&]() -> Step { return deferLater(clock, 5s); });
  clock.advance(0s);
  auto paused = cooperator.cooperate(letters(log, 'p', 1));
  paused.pause();
  auto late = cooperator.coiterate(letters(log, 'l', 1));
  cooperator.stop();
  CHECK_FALSE(cooperator.running());
  failureResultOf<SchedulerStopped>(waits);
  failureResultOf<SchedulerStopped>(paused.whenDone());
  failureResultOf<SchedulerStopped>(late);
  failureResultOf<SchedulerStopped>(cooperator.coiterate(letters(log, 'x', 1)));
  cooperator.start();
  auto again = cooperator.coiterate(letters(log, 'y', 1));
  clock.advance(0s);
  successResultOf(again);
  CHECK(log == "aaay");
  successResultOf(runs);
}

TEST_CASE("T-22: a Cooperator that has not started keeps its tasks until start") {
  FakeClock clock;
  auto options = stepsPerTurn(100);
  options.started = false;
  Cooperator cooperator(clock, std::move(options));
  std::string log;
  auto task = cooperator.coiterate(letters(log, 'a', 1));
  clock.advance(0s);
  assertNoResult(task);
  cooperator.start();
  clock.advance(0s);
  successResultOf(task);
}

TEST_CASE("cancelling coiterate stops the task") {
  FakeClock clock;
  Cooperator cooperator(clock, stepsPerTurn(100));
  std::string log;
  auto task = cooperator.coiterate(letters(log, 'a', 3));
  task.cancel();
  clock.advance(0s);
  CHECK(log.empty());
  failureResultOf<CancelledError>(task);
}
