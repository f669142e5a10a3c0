// Byte ranges: Range in, Content-Range out and in. RFC 9110 §14.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::http {

/// Bytes first … last of a representation, both included.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  [[nodiscard]] std::uint64_t size() const noexcept { return last - first + 1; }
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

/// What a Range field asks of a representation.
struct RangeSelection {
  enum class Kind : std::uint8_t {
    /// No or no valid byte range, an abusive one, or one of an empty representation: answer 200 as
    /// if there were no Range (RFC 9110 §14.2).
    whole,
    /// Answer 206 with ranges.
    partial,
    /// Answer 416 with `Content-Range: bytes */size`.
    unsatisfiable,
  };
  Kind kind = Kind::whole;
  /// In the order asked for; overlapping and nearly touching ones joined (RFC 9110 §15.3.7.2).
  std::vector<ByteRange> ranges;
};

/// Judges a Range field (RFC 9110 §14.2).
/// @param value      of the Range field: `bytes=0-499`, `bytes=500-`, `bytes=-500`, `bytes=0-0,-1`
/// @param size       of the representation in bytes
/// @param maxRanges  more than that many asked for is abuse (CVE-2011-3192): whole
[[nodiscard]] RangeSelection selectRanges(std::string_view value, std::uint64_t size,
                                          std::size_t maxRanges = 16);

/// `bytes 0-499/1234`
[[nodiscard]] std::string contentRange(ByteRange range, std::uint64_t size);
/// `bytes */1234`, for 416.
[[nodiscard]] std::string unsatisfiedContentRange(std::uint64_t size);

/// A Content-Range as a client finds it.
struct ContentRange {
  std::optional<ByteRange> range;     // absent: unsatisfied
  std::optional<std::uint64_t> size;  // absent: "*"
  friend bool operator==(const ContentRange&, const ContentRange&) = default;
};
/// @return nothing when malformed, of another unit, or contradictory (RFC 9110 §14.4)
[[nodiscard]] std::optional<ContentRange> parseContentRange(std::string_view value) noexcept;

}  // namespace ropewalk::http
