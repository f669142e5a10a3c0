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
  /// 2026-01-01T00:00:00Z at the beginning; passes as now() does.
  [[nodiscard]] Timestamp wallTime() const override {
    return Timestamp(wallAtZero_ + std::chrono::duration_cast<Timestamp::Point::duration>(
                                       now_.time_since_epoch()));
  }
  /// Somebody sets the clock on the wall; no time passes.
  void setWallTime(Timestamp time) { wallAtZero_ += time.point() - wallTime().point(); }

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
  // So that the beginning of 2026 is when now_ begins.
  Timestamp::Point wallAtZero_{std::chrono::seconds(1'767'225'600 - 3600)};
};

}  // namespace ropewalk::testing
