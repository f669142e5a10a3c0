// Strings behind their length: one, two or four bytes, most significant first. Decoder and encoder,
// no I/O.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "exact_bytes.h"

namespace ropewalk {

/// Decodes a stream of strings with a prefix of type Length (std::uint8_t, uint16_t, uint32_t); the
/// same events however it is cut. Never throws. After a string that is too long it takes whatever
/// comes and gives nothing.
template <std::unsigned_integral Length>
class LengthPrefixDecoder {
 public:
  enum class Event { needMore, string, tooLong };
  struct Step {
    Event event;
    std::string_view string;  ///< dies with the next call, or the input
    std::size_t length;       ///< what the prefix says
    /// Bytes of the input that are done with; all of it when more is needed.
    std::size_t taken;
  };

  /// @param maxLength  of one string, in bytes
  explicit LengthPrefixDecoder(std::size_t maxLength = 99'999) noexcept : maxLength_(maxLength) {}

  /// The next event: one string at most. Call again with what it did not take.
  [[nodiscard]] Step next(std::string_view input) {
    std::size_t at = 0;
    if (broken_) return {Event::needMore, {}, 0, input.size()};
    for (; have_ < sizeof(Length); ++have_, ++at) {
      if (at == input.size()) return {Event::needMore, {}, 0, at};
      length_ = length_ << 8 | static_cast<unsigned char>(input[at]);
    }
    if (length_ > maxLength_) {
      broken_ = true;
      return {Event::tooLong, {}, length_, at};
    }
    string_.expect(length_);
    std::size_t taken = 0;
    const auto string = string_.next(input.substr(at), taken);
    at += taken;
    if (!string) return {Event::needMore, {}, length_, at};
    const std::size_t length = length_;
    have_ = 0;
    length_ = 0;
    return {Event::string, *string, length, at};
  }

  [[nodiscard]] std::size_t maxLength() const noexcept { return maxLength_; }
  void setMaxLength(std::size_t bytes) noexcept { maxLength_ = bytes; }

 private:
  std::size_t maxLength_;
  std::size_t length_ = 0;  // of the prefix, as far as it is there
  std::uint8_t have_ = 0;   // bytes of the prefix
  bool broken_ = false;
  ExactBytes string_;
};

/// The prefix of a string of `size` bytes; size must fit.
template <std::unsigned_integral Length>
[[nodiscard]] std::string encodeLengthPrefix(std::size_t size) {
  std::string prefix;
  for (std::size_t shift = sizeof(Length) * 8; shift > 0;) {
    shift -= 8;
    prefix += static_cast<char>(size >> shift & 0xff);
  }
  return prefix;
}

}  // namespace ropewalk
