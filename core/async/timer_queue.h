// TimerQueue: a 4-ary heap of calls by time, first in first out for equal times. DelayedCall: a
// handle on one of them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ropewalk/core/base/unique_function.h"

namespace ropewalk {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::steady_clock::time_point;

class Clock;
class TimerQueue;

/// A handle on a delayed call; a value, copyable, no heap object behind it. Must not be used
/// after its clock is gone. reset and delay throw AlreadyCalled or AlreadyCancelled where
/// it is too late (T-03).
class DelayedCall {
 public:
  DelayedCall() noexcept = default;

  /// @return  false, and nothing happens, when it was called or cancelled already
  bool cancel();
  /// Due `delay` from now.
  void reset(Duration delay);
  /// Due `extra` later than it was; negative means sooner.
  void delay(Duration extra);
  /// Whether it still waits.
  [[nodiscard]] bool active() const noexcept;
  /// When it is due; throws as reset() does.
  [[nodiscard]] TimePoint getTime() const;

 private:
  friend class TimerQueue;
  DelayedCall(TimerQueue& queue, std::uint32_t slot, std::uint32_t generation) noexcept
      : queue_(&queue), slot_(slot), generation_(generation) {}

  TimerQueue& queue() const;

  TimerQueue* queue_ = nullptr;
  std::uint32_t slot_ = 0;
  std::uint32_t generation_ = 0;
  bool cancelled_ = false;
};

/// The calls that wait, ordered. Owned by a Clock; one thread. Adding, moving and cancelling are
/// O(log n); a call takes a slot of a vector, so a steady state allocates nothing.
class TimerQueue {
 public:
  /// @param clock  whose now() counts; the owner of this queue
  explicit TimerQueue(const Clock& clock) noexcept : clock_(clock) {}

  /// Calls f once the clock says now + delay, or later.
  DelayedCall add(Duration delay, UniqueFunction<void()> f);

  [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }
  /// When the first call is due; TimePoint::max() when none waits.
  [[nodiscard]] TimePoint next() const noexcept {
    return heap_.empty() ? TimePoint::max() : heap_.front().time;
  }

  /// Whether calls that were added while others ran may run in the same pass.
  enum class Nested { wait, run };
  /// Runs what is due at `now`, in order. An exception is logged and ends only the call
  /// that threw it (T-04).
  void runDue(TimePoint now, Nested nested);

 private:
  friend class DelayedCall;
  struct Entry {
    TimePoint time;
    std::uint64_t sequence;
    std::uint32_t slot;
    bool operator<(const Entry& other) const noexcept {
      return time != other.time ? time < other.time : sequence < other.sequence;
    }
  };
  struct Slot {
    UniqueFunction<void()> call;
    std::uint32_t generation = 1;
    std::uint32_t position = 0;  // in heap_, while the generation is in use
    bool cancelled = false;      // how the last generation ended
  };

  bool active(std::uint32_t slot, std::uint32_t generation) const noexcept {
    return slot < slots_.size() && slots_[slot].generation == generation;
  }
  void move(std::uint32_t slot, TimePoint time);
  UniqueFunction<void()> take(std::uint32_t slot, bool cancelled);
  void place(std::size_t position, const Entry& entry) noexcept;
  void siftUp(std::size_t position) noexcept;
  void siftDown(std::size_t position) noexcept;

  const Clock& clock_;
  std::vector<Entry> heap_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::uint64_t sequence_ = 0;
};

}  // namespace ropewalk
