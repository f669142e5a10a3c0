// The power is a double, cut before it becomes a Duration, which it would overflow. Rule C-03.

#include "retry_policy.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "ropewalk/core/base/random.h"

namespace ropewalk {

namespace {

constexpr int kLastGrowth = 100;  // keeps the power finite (C-03)

UniqueFunction<Duration()> randomJitter() {
  return [random = Random()]() mutable {
    return Duration(static_cast<Duration::rep>(random.below(Duration(1s).count() + 1)));
  };
}

}  // namespace

RetryPolicy backoffPolicy(BackoffOptions options) {
  if (!options.jitter) options.jitter = randomJitter();
  return [options = std::move(options)](int failures) mutable {
    using Seconds = std::chrono::duration<double>;
    const double growth = std::pow(options.factor, std::min(failures, kLastGrowth));
    const Seconds grown = Seconds(options.initialDelay) * growth;
    // Compared as doubles: what is far above maxDelay fits no Duration.
    const Duration delay = grown >= Seconds(options.maxDelay)
                               ? options.maxDelay
                               : std::chrono::duration_cast<Duration>(grown);
    return delay + options.jitter();
  };
}

}  // namespace ropewalk
