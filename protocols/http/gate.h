// The gate before every head: where it ends, and that its lines end in CRLF. RFC 9112 §2.2, §5.2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ropewalk::http {

/// Finds the empty line that ends a head or a trailer section, and refuses on the way what parsers
/// disagree about: a CR that no LF follows, an LF that no CR precedes, NUL. Nothing reaches llhttp
/// that did not pass here: llhttp 8.1.0 takes a bare CR for the end of a line, so that
/// `X:\rTransfer-Encoding: chunked` would smuggle a field past whoever read the same bytes
/// differently.
///
/// Remembers how far it looked: fed one byte at a time it reads each byte once.
///
///     HeadGate gate;
///     auto step = gate.scan(buffered, limit);     // the same bytes as before, and more
///     if (step.verdict == HeadGate::Verdict::complete) parse(buffered.substr(0, step.at));
class HeadGate {
 public:
  enum class Verdict : std::uint8_t { needMore, complete, tooLong, bareCr, bareLf, nul };
  struct Step {
    Verdict verdict;
    /// complete: the size of the head, its empty line included. bareCr, bareLf, nul: where the
    /// offending byte lies.
    std::size_t at;
  };

  /// @param input  starts with the bytes of the last call, unless reset() came between
  /// @param limit  the largest size that counts as complete; tooLong as soon as that many bytes
  ///               hold no end
  [[nodiscard]] Step scan(std::string_view input, std::size_t limit) noexcept;
  /// Begins anew, with other bytes.
  void reset() noexcept { scanned_ = 0; }
  /// How many bytes need not be looked at again.
  [[nodiscard]] std::size_t scanned() const noexcept { return scanned_; }

 private:
  Step conclude(Step step) noexcept {
    if (step.verdict == Verdict::complete) reset();
    return step;
  }

  std::uint32_t scanned_ = 0;
};

/// Why a verdict refuses, for an error message: "bare CR in head".
[[nodiscard]] const char* reasonFor(HeadGate::Verdict verdict) noexcept;

}  // namespace ropewalk::http
