// Outcome: a Deferred's result as a value, so that a coroutine may look at a failure without
// catching it.
#pragma once

#include <utility>

#include "ropewalk/core/async/deferred.h"

namespace ropewalk::dns::detail {

template <class T>
struct Outcome {
  Result<T> result;

  [[nodiscard]] bool ok() const noexcept { return result.ok(); }
  /// The question was taken back: give up at once, touch nothing.
  [[nodiscard]] bool cancelled() const noexcept {
    return !result.ok() && result.failure().template check<CancelledError>() != nullptr;
  }
};

/// Never fails.
template <class T>
[[nodiscard]] Deferred<Outcome<T>> outcomeOf(Deferred<T> deferred) {
  return std::move(deferred).addBoth(
      [](Result<T> result) { return Outcome<T>{std::move(result)}; });
}

}  // namespace ropewalk::dns::detail
