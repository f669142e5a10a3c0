// Timestamp: a moment of the wall clock, and its text. RFC 3339.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>

#include "print.h"

namespace ropewalk {

/// A moment of the wall clock. For people and for wire formats; it may jump. Intervals and
/// time-outs use a Clock.
///
///     sendLine(format("[{}] {}", now(), line));  // "[2026-11-20T10:11:12.345Z] hello"
class Timestamp {
 public:
  using Point = std::chrono::system_clock::time_point;

  /// 1970-01-01T00:00:00Z.
  constexpr Timestamp() noexcept = default;
  constexpr explicit Timestamp(Point point) noexcept : point_(point) {}
  /// @param sinceEpoch  since 1970-01-01T00:00:00Z; negative before
  static constexpr Timestamp fromUnix(std::chrono::milliseconds sinceEpoch) noexcept {
    return Timestamp(Point(sinceEpoch));
  }

  [[nodiscard]] constexpr Point point() const noexcept { return point_; }
  /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
  [[nodiscard]] constexpr std::int64_t unixSeconds() const noexcept {
    return std::chrono::floor<std::chrono::seconds>(point_).time_since_epoch().count();
  }
  /// The milliseconds of the second: 0 … 999.
  [[nodiscard]] constexpr int milliseconds() const noexcept {
    const auto rest = point_ - std::chrono::floor<std::chrono::seconds>(point_);
    return static_cast<int>(std::chrono::floor<std::chrono::milliseconds>(rest).count());
  }

  friend constexpr auto operator<=>(const Timestamp&, const Timestamp&) noexcept = default;

 private:
  Point point_;
};

/// The wall clock, now.
[[nodiscard]] Timestamp now() noexcept;

/// RFC 3339 with milliseconds, in the process's time zone: "2026-11-20T11:11:12.345+01:00"; "…Z"
/// where that is UTC. The text of a second is kept for each thread, so that many calls are cheap.
[[nodiscard]] std::string toText(const Timestamp& time);

/// The same in UTC, wherever the process runs: "2026-11-20T10:11:12.345Z".
[[nodiscard]] std::string toTextUTC(const Timestamp& time);

}  // namespace ropewalk
