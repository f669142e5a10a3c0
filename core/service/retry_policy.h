// RetryPolicy: how long a ClientService waits before it tries again. Rule C-03.
#pragma once

#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/base/unique_function.h"

namespace ropewalk {

/// Gives the time to wait after so many failures in a row (1, 2, …). One that throws makes the
/// ClientService wait for 60 s.
using RetryPolicy = UniqueFunction<Duration(int failures)>;

/// How the waits of backoffPolicy grow.
struct BackoffOptions {
  Duration initialDelay = std::chrono::seconds(1);  ///< before the first growth
  Duration maxDelay = std::chrono::seconds(60);     ///< without the jitter
  double factor = 1.5;                              ///< from one wait to the next
  /// Added to each wait, so that a thousand clients do not come back at the same moment. Empty:
  /// between 0 and 1 s, at random.
  UniqueFunction<Duration()> jitter{};
};

/// Waits that grow: min(initialDelay * factor^failures, maxDelay) + jitter(). With the defaults the
/// first is 1.5 to 2.5 s, the last ones 60 to 61 s.
[[nodiscard]] RetryPolicy backoffPolicy(BackoffOptions options = BackoffOptions());

}  // namespace ropewalk
