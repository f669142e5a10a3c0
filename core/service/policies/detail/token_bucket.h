// TokenBucket: how many bytes a rate allows by now.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>

#include "ropewalk/core/async/clock.h"

namespace ropewalk::detail {

/// A rate in bytes a second, which saves up what is not used for `burst`, and may run into debt.
/// Starts full. Kept as the time until which everything taken is paid for (the generic cell rate
/// algorithm of ITU-T I.371), so that nothing has to be refilled.
class TokenBucket {
 public:
  /// @param bytesPerSecond  0: unlimited
  /// @param burst           at least the time of one byte
  TokenBucket(std::size_t bytesPerSecond, Duration burst)
      : rate_(bytesPerSecond), burst_(limited() ? std::max(burst, oneByte()) : burst) {}

  [[nodiscard]] bool limited() const noexcept { return rate_ != 0; }

  /// How many bytes may be taken without debt.
  [[nodiscard]] std::size_t available(TimePoint now) const noexcept {
    if (!limited()) return std::numeric_limits<std::size_t>::max();
    const Duration saved = now - paid(now);
    if (saved <= Duration::zero()) return 0;
    return static_cast<std::size_t>(Wide{saved.count()} * Wide(rate_) / kSecond);
  }
  void take(std::size_t bytes, TimePoint now) noexcept {
    if (!limited()) return;
    // Rounded up: the rate is never exceeded.
    const Wide cost = (Wide(bytes) * kSecond + Wide(rate_) - 1) / Wide(rate_);
    paidUntil_ = paid(now) + Duration(static_cast<Duration::rep>(std::min(cost, kLongest)));
  }
  /// When a worthwhile amount will be there: a tenth of a second's, or the burst.
  [[nodiscard]] Duration untilWorthwhile(TimePoint now) const noexcept {
    const Duration enough = std::min(burst_, std::max(kWorthwhile, oneByte()));
    return std::max(Duration::zero(), paid(now) + enough - now);
  }

 private:
  __extension__ using Wide = __int128;  // 64 bits overflow at 9 GB
  static constexpr Wide kSecond = 1'000'000'000;
  static constexpr Wide kLongest = Wide{3600} * 24 * 365 * kSecond;
  static constexpr Duration kWorthwhile = std::chrono::milliseconds(100);  // ten wake-ups a second

  [[nodiscard]] TimePoint paid(TimePoint now) const noexcept {
    return std::max(paidUntil_, now - burst_);
  }
  [[nodiscard]] Duration oneByte() const noexcept {
    return Duration(static_cast<Duration::rep>(kSecond / Wide(rate_) + 1));
  }

  std::size_t rate_;
  Duration burst_;
  TimePoint paidUntil_ = TimePoint::min();
};

}  // namespace ropewalk::detail
