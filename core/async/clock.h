// Clock: time and timers, passed in wherever something waits. A Reactor is one; testing::Clock is
// one that stands still.
#pragma once

#include <chrono>
#include <utility>

#include "ropewalk/core/base/timestamp.h"
#include "ropewalk/core/base/unique_function.h"
#include "timer_queue.h"

namespace ropewalk {

inline namespace literals {            // more of them: core/base/text.h
using namespace std::chrono_literals;  // NOLINT(google-global-names-in-headers): 30s reads better
}  // namespace literals

/// Where time comes from. One thread; the reactor is the one that programs use, testing::Clock the
/// one that tests advance.
class Clock {
 public:
  Clock() : timers_(*this) {}
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  /// Monotonic. A reactor reads the system's clock once a turn.
  [[nodiscard]] virtual TimePoint now() const = 0;
  /// What time it is for people and on the wire: dates, expiry, signatures. It may jump, so nothing
  /// waits by it. A reactor reads it once a turn.
  [[nodiscard]] virtual Timestamp wallTime() const { return ropewalk::now(); }

  /// Calls f once, `delay` (at least 0) from now, never from inside this call. Equal times run in
  /// the order of the calls (T-01, T-02). The handle may be dropped: the call stays.
  DelayedCall callLater(Duration delay, UniqueFunction<void()> f);

  /// How many calls are waiting.
  [[nodiscard]] std::size_t getDelayedCalls() const noexcept { return timers_.size(); }

 protected:
  TimerQueue timers_;
};

/// The calling thread's clock: its default reactor. For user-facing conveniences only;
/// library code takes a Clock&.
Clock& defaultClock();

/// A delayed call that is cancelled when its owner dies: what a class that captures
/// `this` keeps as a member.
class ScopedCall {
 public:
  ScopedCall() = default;
  ScopedCall(DelayedCall call) noexcept : call_(call) {}  // NOLINT(google-explicit-constructor)
  ScopedCall(ScopedCall&& other) noexcept : call_(std::exchange(other.call_, {})) {}
  ScopedCall& operator=(ScopedCall&& other) noexcept {
    if (this != &other) {
      clear();
      call_ = std::exchange(other.call_, {});
    }
    return *this;
  }
  ScopedCall(const ScopedCall&) = delete;
  ScopedCall& operator=(const ScopedCall&) = delete;
  ~ScopedCall() { clear(); }

  /// Cancels it if it still waits.
  void clear() noexcept {
    if (call_.active()) call_.cancel();
    call_ = {};
  }
  [[nodiscard]] bool active() const noexcept { return call_.active(); }

 private:
  DelayedCall call_;
};

/// A time-out that is moved often and expires seldom: set() is a store; the timer behind it looks
/// at the stored time when it comes due, and goes on waiting if that was moved.
/// The clock must outlive it.
class Deadline {
 public:
  Deadline(Clock& clock, UniqueFunction<void()> expired)
      : clock_(&clock), expired_(std::move(expired)) {}

  /// Expires `delay` from now, unless set() or clear() comes first.
  void set(Duration delay);
  void clear() noexcept { due_ = TimePoint::max(); }
  [[nodiscard]] bool active() const noexcept { return due_ != TimePoint::max(); }

 private:
  void look();

  Clock* clock_;
  UniqueFunction<void()> expired_;
  TimePoint due_ = TimePoint::max();
  TimePoint look_ = TimePoint::max();  // when the timer looks next
  ScopedCall timer_;
};

}  // namespace ropewalk
