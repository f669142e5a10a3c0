// A heap with four children a node, whose entries know their slots and whose slots know
// their places, so that any call can be moved.

#include "timer_queue.h"

#include <algorithm>

#include "clock.h"
#include "ropewalk/core/base/error.h"
#include "ropewalk/core/base/failure.h"
#include "ropewalk/core/base/log.h"

namespace ropewalk {

namespace {
// A node's children share one cache line more often than a binary heap's.
constexpr std::size_t kArity = 4;
}  // namespace

TimerQueue& DelayedCall::queue() const {
  if (active()) return *queue_;
  if (cancelled_) throw AlreadyCancelled("delayed call was cancelled before");
  if (queue_ != nullptr && queue_->slots_[slot_].generation == generation_ + 1 &&
      queue_->slots_[slot_].cancelled) {
    throw AlreadyCancelled("delayed call was cancelled before");
  }
  throw AlreadyCalled("delayed call was called before");
}

bool DelayedCall::cancel() {
  if (!active()) return false;
  cancelled_ = true;
  queue_->take(slot_, true);  // last: what dies here may own this handle
  return true;
}

void DelayedCall::reset(Duration delay) { queue().move(slot_, queue_->clock_.now() + delay); }

void DelayedCall::delay(Duration extra) { queue().move(slot_, getTime() + extra); }

bool DelayedCall::active() const noexcept {
  return queue_ != nullptr && queue_->active(slot_, generation_);
}

TimePoint DelayedCall::getTime() const {
  const TimerQueue& timers = queue();
  return timers.heap_[timers.slots_[slot_].position].time;
}

DelayedCall TimerQueue::add(Duration delay, UniqueFunction<void()> f) {
  if (free_.empty()) {
    slots_.emplace_back();
    free_.reserve(slots_.size());  // so that giving a slot back cannot fail
    free_.push_back(static_cast<std::uint32_t>(slots_.size() - 1));
  }
  const std::uint32_t slot = free_.back();
  heap_.push_back({clock_.now() + delay, sequence_++, slot});
  free_.pop_back();
  slots_[slot].call = std::move(f);
  slots_[slot].position = static_cast<std::uint32_t>(heap_.size() - 1);
  siftUp(heap_.size() - 1);
  return {*this, slot, slots_[slot].generation};
}

void TimerQueue::runDue(TimePoint now, Nested nested) {
  const std::uint64_t end = sequence_;
  while (!heap_.empty() && heap_.front().time <= now) {
    // Whatever was added by the calls themselves sorts behind what was due before.
    if (nested == Nested::wait && heap_.front().sequence >= end) return;
    UniqueFunction<void()> call = take(heap_.front().slot, false);
    try {
      call();
    } catch (...) {
      log::error("unhandled error in a delayed call: {}", Failure::current());
    }
  }
}

void TimerQueue::move(std::uint32_t slot, TimePoint time) {
  const std::size_t position = slots_[slot].position;
  heap_[position].time = time;
  heap_[position].sequence = sequence_++;
  siftUp(position);
  siftDown(slots_[slot].position);
}

UniqueFunction<void()> TimerQueue::take(std::uint32_t slot, bool cancelled) {
  const std::size_t position = slots_[slot].position;
  const Entry last = heap_.back();
  heap_.pop_back();
  if (position < heap_.size()) {
    place(position, last);
    siftUp(position);
    siftDown(slots_[last.slot].position);
  }
  Slot& taken = slots_[slot];
  ++taken.generation;
  taken.cancelled = cancelled;
  free_.push_back(slot);
  return std::move(taken.call);
}

void TimerQueue::place(std::size_t position, const Entry& entry) noexcept {
  heap_[position] = entry;
  slots_[entry.slot].position = static_cast<std::uint32_t>(position);
}

void TimerQueue::siftUp(std::size_t position) noexcept {
  const Entry entry = heap_[position];
  while (position > 0) {
    const std::size_t parent = (position - 1) / kArity;
    if (!(entry < heap_[parent])) break;
    place(position, heap_[parent]);
    position = parent;
  }
  place(position, entry);
}

void TimerQueue::siftDown(std::size_t position) noexcept {
  const Entry entry = heap_[position];
  for (;;) {
    const std::size_t first = position * kArity + 1;
    if (first >= heap_.size()) break;
    const std::size_t last = std::min(first + kArity, heap_.size());
    const auto least = std::min_element(heap_.begin() + static_cast<std::ptrdiff_t>(first),
                                        heap_.begin() + static_cast<std::ptrdiff_t>(last));
    if (!(*least < entry)) break;
    const auto child = static_cast<std::size_t>(least - heap_.begin());
    place(position, *least);
    position = child;
  }
  place(position, entry);
}

}  // namespace ropewalk
