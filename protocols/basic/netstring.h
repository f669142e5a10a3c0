// Netstrings: "5:hello,". Decoder and encoder, no I/O. https://cr.yp.to/proto/netstrings.txt
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "exact_bytes.h"

namespace ropewalk {

/// Decodes a stream of netstrings; the same events however it is cut. Strict: no leading zeros, no
/// blanks, a comma at the end of each. Never throws. After an error it takes whatever comes and
/// gives nothing.
///
///     NetstringDecoder decoder;
///     while (!input.empty()) {
///       const NetstringDecoder::Step step = decoder.next(input);
///       input.remove_prefix(step.taken);
///       if (step.event == NetstringDecoder::Event::string) std::cout << step.text << '\n';
///     }
class NetstringDecoder {
 public:
  enum class Event { needMore, string, malformed, tooLong };
  struct Step {
    Event event;
    /// The string, or in words what is wrong. Dies with the next call, or the input.
    std::string_view text;
    /// Bytes of the input that are done with; all of it when more is needed.
    std::size_t taken;
  };

  /// @param maxLength  of one string, in bytes
  explicit NetstringDecoder(std::size_t maxLength = 99'999) noexcept : maxLength_(maxLength) {}

  /// The next event: one string at most. Call again with what it did not take.
  [[nodiscard]] Step next(std::string_view input);

  [[nodiscard]] std::size_t maxLength() const noexcept { return maxLength_; }
  void setMaxLength(std::size_t bytes) noexcept { maxLength_ = bytes; }

 private:
  //     start ──digit──▶ length ──':'──▶ payload ──n bytes and ','──▶ start
  //     zero ──':'──▶ payload           anything else ──▶ broken
  enum class State { start, zero, length, payload, broken };

  Step fail(Event event, std::string_view why, std::size_t taken) noexcept;

  std::size_t maxLength_;
  std::size_t length_ = 0;
  State state_ = State::start;
  ExactBytes payload_;
};

/// "5:hello,".
[[nodiscard]] std::string encodeNetstring(std::string_view string);

}  // namespace ropewalk
