// TokenBucket: how much a rate allows by now, of bytes, answers, requests.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "timer_queue.h"

namespace ropewalk {

/// Tokens a second, which are saved up for `burst` while nobody takes them. What one bucket is
/// filled by, or many; what each of these keeps is a TimePoint alone: that until which everything
/// taken is paid for (the generic cell rate algorithm of ITU-T I.371), so that nothing has to be
/// refilled. A bucket whose time is TimePoint::min() is full.
class TokenRate {
 public:
  /// @param perSecond  0: unlimited
  /// @param burst      at least the time of one token
  TokenRate(std::size_t perSecond, Duration burst)
      : rate_(perSecond), burst_(limited() ? std::max(burst, oneToken()) : burst) {}

  [[nodiscard]] bool limited() const noexcept { return rate_ != 0; }

  /// How many tokens may be taken without debt.
  [[nodiscard]] std::size_t available(TimePoint paidUntil, TimePoint now) const noexcept {
    if (!limited()) return std::numeric_limits<std::size_t>::max();
    const Duration saved = now - paid(paidUntil, now);
    if (saved <= Duration::zero()) return 0;
    return static_cast<std::size_t>(Wide{saved.count()} * Wide(rate_) / kSecond);
  }
  /// Takes them, whether they are there or not.
  void take(std::size_t tokens, TimePoint& paidUntil, TimePoint now) const noexcept {
    if (limited()) paidUntil = paid(paidUntil, now) + costOf(tokens);
  }
  /// Takes them if all are there.
  [[nodiscard]] bool tryTake(std::size_t tokens, TimePoint& paidUntil,
                             TimePoint now) const noexcept {
    if (!limited()) return true;
    const TimePoint after = paid(paidUntil, now) + costOf(tokens);
    if (after > now) return false;
    paidUntil = after;
    return true;
  }
  /// When a worthwhile amount will be there: a tenth of a second's, or the burst.
  [[nodiscard]] Duration untilWorthwhile(TimePoint paidUntil, TimePoint now) const noexcept {
    const Duration enough = std::min(burst_, std::max(kWorthwhile, oneToken()));
    return std::max(Duration::zero(), paid(paidUntil, now) + enough - now);
  }

 private:
  __extension__ using Wide = __int128;  // 64 bits overflow at 9 GB
  static constexpr std::uint64_t kSecond = 1'000'000'000;
  static constexpr std::uint64_t kLongest = kSecond * 3600 * 24 * 365;
  static constexpr Duration kWorthwhile = std::chrono::milliseconds(100);  // ten wake-ups a second

  /// Rounded down, so that a burst holds all its tokens; but nothing is free.
  [[nodiscard]] Duration costOf(std::size_t tokens) const noexcept {
    if (tokens == 0) return Duration::zero();
    if (tokens <= std::numeric_limits<std::uint64_t>::max() / kSecond)
      return Duration(std::clamp<std::uint64_t>(tokens * kSecond / rate_, 1, kLongest));
    return Duration(static_cast<Duration::rep>(
        std::clamp<Wide>(Wide(tokens) * kSecond / Wide(rate_), 1, kLongest)));
  }
  [[nodiscard]] TimePoint paid(TimePoint paidUntil, TimePoint now) const noexcept {
    return std::max(paidUntil, now - burst_);
  }
  [[nodiscard]] Duration oneToken() const noexcept { return Duration(kSecond / rate_ + 1); }

  std::size_t rate_;
  Duration burst_;
};

/// One bucket with a rate of its own. Starts full; may run into debt. A value.
///
///     bool mayAnswer(TokenBucket& logins, Clock& clock) {  // TokenBucket logins(10, 3s)
///       return logins.tryTake(1, clock.now());
///     }
class TokenBucket {
 public:
  /// @param perSecond  0: unlimited
  /// @param burst      for how long what is not used is saved; at least the time of one token
  TokenBucket(std::size_t perSecond, Duration burst) : rate_(perSecond, burst) {}

  [[nodiscard]] bool limited() const noexcept { return rate_.limited(); }
  /// How many tokens may be taken without debt.
  [[nodiscard]] std::size_t available(TimePoint now) const noexcept {
    return rate_.available(paidUntil_, now);
  }
  /// Takes them, whether they are there or not.
  void take(std::size_t tokens, TimePoint now) noexcept { rate_.take(tokens, paidUntil_, now); }
  /// Takes them if all are there.
  [[nodiscard]] bool tryTake(std::size_t tokens, TimePoint now) noexcept {
    return rate_.tryTake(tokens, paidUntil_, now);
  }
  /// When a worthwhile amount will be there: a tenth of a second's, or the burst.
  [[nodiscard]] Duration untilWorthwhile(TimePoint now) const noexcept {
    return rate_.untilWorthwhile(paidUntil_, now);
  }

 private:
  TokenRate rate_;
  TimePoint paidUntil_ = TimePoint::min();
};

}  // namespace ropewalk
