// A Deadline keeps one timer, and moves it only when that comes due too early.

#include "clock.h"

#include <stdexcept>

namespace ropewalk {

DelayedCall Clock::callLater(Duration delay, UniqueFunction<void()> f) {
  if (delay < Duration::zero())
    throw std::invalid_argument("cannot call earlier than now: negative delay");
  return timers_.add(delay, std::move(f));
}

void Deadline::set(Duration delay) {
  due_ = clock_->now() + delay;
  if (timer_.active() && look_ <= due_) return;
  look_ = due_;
  timer_ = clock_->callLater(delay, [this] { look(); });
}

void Deadline::look() {
  if (!active()) return;
  const TimePoint now = clock_->now();
  if (now < due_) {
    look_ = due_;
    timer_ = clock_->callLater(due_ - now, [this] { look(); });
    return;
  }
  clear();
  expired_();
}

}  // namespace ropewalk
