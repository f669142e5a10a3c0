// A clock that moves only when told: time-outs are tested in microseconds.
#pragma once

#include <initializer_list>

#include "ropewalk/core/async/clock.h"

namespace ropewalk::testing {

/// Twisted's task.Clock. Starts at an arbitrary fixed time.
///
///     testing::Clock clock;
///     auto reply = ask(clock).addTimeout(30s, clock);
///     clock.advance(30s);
class Clock final : public ropewalk::Clock {
 public:
  [[nodiscard]] TimePoint now() const override { return now_; }

  /// Moves time once, then runs everything that is due, in order; a call made meanwhile with no
  /// delay runs too (T-05).
  void advance(Duration by) {
    now_ += by;
    timers_.runDue(now_, TimerQueue::Nested::run);
  }
  /// advance() for each step in turn.
  void pump(std::initializer_list<Duration> steps) {
    for (const Duration step : steps) advance(step);
  }

 private:
  TimePoint now_ = TimePoint(std::chrono::hours(1));
};

}  // namespace ropewalk::testing
