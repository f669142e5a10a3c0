// Lines written at once where there is room, else kept until the descriptor is writable; one lock.
#include "line_queue.h"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "ropewalk/core/base/log.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/core/net/stream/stdio.h"

namespace ropewalk::app {

namespace {

constexpr std::size_t kMost = 1024 * 1024;   // thousands of lines: a reader's pause of some seconds
constexpr std::size_t kFlowing = kMost / 2;  // not a report for each line while it is nearly full
constexpr auto kLastWords = std::chrono::seconds(1);

}  // namespace

LineQueue::LineQueue(Reactor& reactor, int fd, std::string name, std::string what)
    : reactor_(reactor), what_(std::move(what)), outlet_(fd, std::move(name)) {}

void LineQueue::add(std::string_view line) {
  const std::lock_guard lock(mutex_);
  if (lost_ > 0 || (!waiting_.empty() && waiting_.size() + line.size() > kMost)) {
    ++lost_;
    return;
  }
  waiting_ += line;
  if (watching_) return;
  if (std::this_thread::get_id() == thread_) return attempt();
  reactor_.callFromThread([queue = weak_from_this()] {
    if (const auto self = queue.lock()) self->writable();
  });
}

void LineQueue::writable() {
  const std::lock_guard lock(mutex_);
  attempt();
}

/// On the reactor's thread, with the lock.
void LineQueue::attempt() {
  try {
    std::string_view left = waiting_;
    outlet_.write(left);
    if (left.size() < waiting_.size()) failing_ = false;
    waiting_.erase(0, waiting_.size() - left.size());
  } catch (const OutputLost& error) {
    if (!std::exchange(failing_, true)) trouble_ = error.what();
    failed_ = true;
    waiting_.clear();
  }
  watch(!waiting_.empty());
  if (!trouble_ && (lost_ == 0 || waiting_.size() > kFlowing)) return;
  // In a turn of its own: whoever adds a line may be the log, in the middle of an event.
  reactor_.callFromThread([queue = weak_from_this()] {
    if (const auto self = queue.lock()) self->report();
  });
}

void LineQueue::watch(bool on) {
  if (std::exchange(watching_, on) == on) return;
  if (on) {
    reactor_.addWriter(outlet_.fd(), [this] { writable(); });
  } else {
    reactor_.removeWriter(outlet_.fd());
  }
}

void LineQueue::report() {
  std::optional<std::string> trouble;
  std::size_t lost = 0;
  {
    const std::lock_guard lock(mutex_);
    trouble = std::exchange(trouble_, std::nullopt);
    if (waiting_.size() <= kFlowing) lost = std::exchange(lost_, 0);
  }
  if (trouble) log::error("no {}: {}", what_, *trouble);
  if (lost == 0) return;
  log::warn("the {} has lost {} {}: whoever reads {} took nothing", what_, lost,
            lost == 1 ? "line" : "lines", outlet_.name());
}

void LineQueue::finish() noexcept {
  try {
    const auto end = std::chrono::steady_clock::now() + kLastWords;
    {
      const std::lock_guard lock(mutex_);
      for (;;) {
        attempt();
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            end - std::chrono::steady_clock::now());
        if (waiting_.empty() || left.count() <= 0) break;
        pollfd room{outlet_.fd(), POLLOUT, 0};
        ::poll(&room, 1, static_cast<int>(left.count()));
      }
      watch(false);
      lost_ += static_cast<std::size_t>(std::count(waiting_.begin(), waiting_.end(), '\n'));
      waiting_.clear();
    }
    report();
  } catch (...) {  // no memory: the end comes all the same
  }
}

bool LineQueue::failed() const {
  const std::lock_guard lock(mutex_);
  return failed_;
}

}  // namespace ropewalk::app
