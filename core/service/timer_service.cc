// A LoopingCall that a Lifetime owns; who stops it waits for the call in progress.

#include "timer_service.h"

#include <stdexcept>

#include "ropewalk/core/base/error.h"
#include "ropewalk/core/base/log.h"

namespace ropewalk {

TimerService::~TimerService() { lifetime_.end(); }  // which cancels the call in progress

void TimerService::startService() {
  if (running()) return log::warn("the timer service '{}' runs already", name());
  if (looping_) {
    throw std::logic_error("cannot start a timer service: its last call has not ended yet");
  }
  Service::startService();  // before the first call, which may stop us
  looping_ = true;
  lifetime_.own(loop_.start(interval_).addBoth([this](const Result<void>& result) -> Result<void> {
    if (!result.ok() && !result.failure().check<CancelledError>()) {
      log::error("the timer service '{}' ends: its function failed: {}", name(), result.failure());
    }
    ended();
    return {};
  }));
}

Deferred<void> TimerService::stopService() {
  static_cast<void>(Service::stopService());
  if (loop_.running()) loop_.stop();
  if (!looping_) return succeed();
  return stopWaiters_.emplace_back().deferred();
}

void TimerService::ended() {
  looping_ = false;
  for (Source<void>& waiter : std::exchange(stopWaiters_, {})) {
    if (!waiter.called()) waiter.callback();
  }
}

}  // namespace ropewalk
