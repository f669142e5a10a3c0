#include "ropewalk/core/net/blocking_calls.h"

#include <stdexcept>

#include "ropewalk/core/base/error.h"

namespace ropewalk::detail {

namespace {
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
  changed_.wait(lock, [&] { return closed_ || answered(); });
  if (!answered()) reactorStopped();
}

}  // namespace ropewalk::detail
