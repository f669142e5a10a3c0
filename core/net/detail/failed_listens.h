// FailedListens: what listen() could not have, in case that nobody looks at it.
// Private to core/net.
#pragma once

#include <deque>
#include <memory>

#include "ropewalk/core/base/failure.h"
#include "ropewalk/core/base/unique_function.h"

namespace ropewalk::detail {

/// A program that wrote `listen("tcp://:80", site);` and went on would serve nothing. So when such
/// a failure is reported as unhandled, on whatever way it came there, the reactor ends with it.
/// Shared by the reactor and the failures' Deferreds; one thread.
class FailedListens : public std::enable_shared_from_this<FailedListens> {
 public:
  /// @param unhandled  told of a failure of note() that nobody has handled
  explicit FailedListens(UniqueFunction<void(const Failure&)> unhandled)
      : unhandled_(std::move(unhandled)) {}

  void note(const Failure& failure);
  /// Makes the thread's table, before whatever must not outlive it.
  static void prepareThread();
  /// The reactor goes.
  void close() noexcept { unhandled_.reset(); }
  /// Whether it is one of those noted last.
  [[nodiscard]] bool has(const Failure& failure) const noexcept;

 private:
  static void observe(const Failure& failure);

  UniqueFunction<void(const Failure&)> unhandled_;
  std::deque<Failure> noted_;
};

}  // namespace ropewalk::detail
