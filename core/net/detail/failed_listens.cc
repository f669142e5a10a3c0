// The last sixteen failures of each reactor, found from the thread when one is reported unhandled.

#include "failed_listens.h"

#include <algorithm>
#include <vector>

#include "ropewalk/core/async/unhandled.h"

namespace ropewalk::detail {

namespace {

constexpr std::size_t kNoted = 16;  // who retries for ever handles them

/// Those of this thread's reactors that ever failed to listen.
std::vector<std::weak_ptr<FailedListens>>& ofThisThread() {
  thread_local std::vector<std::weak_ptr<FailedListens>> all;
  return all;
}

}  // namespace

void FailedListens::prepareThread() { ofThisThread(); }

void FailedListens::note(const Failure& failure) {
  unhandledObserver.store(&FailedListens::observe);
  auto& all = ofThisThread();
  std::erase_if(all, [](const auto& each) { return each.expired(); });
  if (noted_.empty()) all.push_back(weak_from_this());
  noted_.push_back(failure);
  if (noted_.size() > kNoted) noted_.pop_front();
}

bool FailedListens::has(const Failure& failure) const noexcept {
  return std::any_of(noted_.begin(), noted_.end(),
                     [&](const Failure& each) { return each.isSame(failure); });
}

void FailedListens::observe(const Failure& failure) {
  for (const auto& weak : ofThisThread()) {
    const auto listens = weak.lock();
    if (listens && listens->unhandled_ && listens->has(failure))
      return listens->unhandled_(failure);
  }
}

}  // namespace ropewalk::detail
