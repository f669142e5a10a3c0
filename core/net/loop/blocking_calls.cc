// One mutex, and one condition for all who wait: an answer and the reactor's end both wake them.

#include "blocking_calls.h"

#include <chrono>
#include <stdexcept>

#include "ropewalk/core/base/error.h"
#include "ropewalk/core/base/log.h"

namespace ropewalk::detail {

namespace {

constexpr auto kSoon = std::chrono::seconds(5);

[[noreturn]] void reactorStopped() {
  throw ReactorNotRunning("cannot wait for the reactor: it has stopped");
}
}  // namespace

void BlockingCalls::open() {
  const std::lock_guard lock(mutex_);
  reactorThread_ = std::this_thread::get_id();
  closed_ = false;
}

void BlockingCalls::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

void BlockingCalls::check() {
  const std::lock_guard lock(mutex_);
  if (!closed_ && reactorThread_ == std::this_thread::get_id()) {
    throw std::logic_error(
        "cannot wait for the reactor on its own thread: call the function directly");
  }
  if (closed_) reactorStopped();
}

void BlockingCalls::answer(UniqueFunction<void()> store) {
  const std::lock_guard lock(mutex_);
  store();
  changed_.notify_all();  // under the lock: the one who waits may be the last to hold this object
}

void BlockingCalls::wait(UniqueFunction<bool()> answered) {
  std::unique_lock lock(mutex_);
  const auto over = [&] { return closed_ || answered(); };
  if (!changed_.wait_for(lock, kSoon, over)) {
    if (reactorThread_ == std::thread::id()) {
      log::warn("blockingCallFromThread has waited for {}: the reactor does not run yet", kSoon);
    }
    changed_.wait(lock, over);
  }
  if (!answered()) reactorStopped();
}

}  // namespace ropewalk::detail
