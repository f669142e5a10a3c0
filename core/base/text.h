// Small work on text and bytes: compare, split, parse, quote, encode, and say numbers to people.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "result.h"

namespace ropewalk {

/// 5s, 300ms, 1_MiB: with `using namespace rw`, or `using namespace rw::literals` alone.
inline namespace literals {
using namespace std::chrono_literals;  // NOLINT(google-global-names-in-headers)
constexpr std::size_t operator""_KiB(unsigned long long n) {
  return static_cast<std::size_t>(n << 10);
}
constexpr std::size_t operator""_MiB(unsigned long long n) {
  return static_cast<std::size_t>(n << 20);
}
constexpr std::size_t operator""_GiB(unsigned long long n) {
  return static_cast<std::size_t>(n << 30);
}
}  // namespace literals

// Letters here are ASCII's: no locale ever changes what a protocol means.

constexpr char lowerCase(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}
[[nodiscard]] std::string lowerCase(std::string_view text);
[[nodiscard]] bool equalIgnoreCase(std::string_view a, std::string_view b) noexcept;

/// The text without the spaces, tabs, CRs and LFs at both ends.
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;

/// The parts between delimiters, empty ones included: "a,,b" has three, "" has one.
/// Views into text.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char delimiter);

/// Cuts off the first word, and the blanks before it: space, tab, CR, LF, FF, VT.
/// Empty where none is left.
[[nodiscard]] std::string_view nextWord(std::string_view& text) noexcept;

/// The whole text as a number, or nothing: no blanks, no plus sign, nothing after it,
/// no overflow, no inf or nan.
/// @tparam T    any integer type but bool and char; float; double
/// @param base  2 … 36, integers only
template <class T>
[[nodiscard]] std::optional<T> parseNumber(std::string_view text, int base = 10) noexcept;

/// Bytes from a peer, fit for a message or a log: in double quotes, printable ASCII as it is, the
/// rest as \r, \n, \t or \x1b; cut at max bytes: "GET /aaa"... (4096 bytes).
[[nodiscard]] std::string quoteBytes(std::string_view bytes, std::size_t max = 64);

/// Two lower-case digits a byte.
[[nodiscard]] std::string hex(std::string_view bytes);

/// RFC 4648: §4 with padding, or the URL-safe alphabet of §5 without.
enum class Base64 { standard, url };
[[nodiscard]] std::string base64Encode(std::string_view bytes, Base64 alphabet = Base64::standard);
/// Strict: no line breaks, exact padding, no stray bits (RFC 4648 §3.5).
/// @return the bytes; or a ProtocolError that says what is wrong, and where
[[nodiscard]] Result<std::string> base64Decode(std::string_view text,
                                               Base64 alphabet = Base64::standard);

/// "512 B", "1.2 MiB", "300 GiB".
[[nodiscard]] std::string humanBytes(std::uint64_t bytes);
/// "85 ns", "1.5 ms", "42 s", "2 min 5 s", "3 h 12 min", "4 d 3 h".
[[nodiscard]] std::string humanDuration(std::chrono::nanoseconds duration);

/// How many letters to insert, remove, replace or swap with their neighbour to make a into b;
/// case is ignored.
[[nodiscard]] std::size_t editDistance(std::string_view a, std::string_view b);

/// The candidate that the user most likely meant, or "" when none is near (a third of the
/// letters may be wrong).
/// @param candidates  a range of anything that converts to string_view and outlives the answer
template <class Range>
[[nodiscard]] std::string_view nearest(std::string_view word, const Range& candidates) {
  std::string_view best;
  std::size_t bestDistance = std::string_view::npos;
  for (const auto& candidate : candidates) {
    const std::string_view text = candidate;
    const std::size_t distance = editDistance(word, text);
    const std::size_t longer = text.size() > word.size() ? text.size() : word.size();
    if (distance * 3 > longer && distance > 1) continue;
    if (distance >= longer || distance >= bestDistance) continue;
    best = text;
    bestDistance = distance;
  }
  return best;
}

/// How many bytes the UTF-8 sequence at the start of text has: 1 … 4, or 0 when it is not valid
/// (RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF) or text is empty.
[[nodiscard]] std::size_t utf8Length(std::string_view text) noexcept;
/// Whether all of it is; the empty text is.
[[nodiscard]] bool isUtf8(std::string_view text) noexcept;

/// The inside of a JSON string (RFC 8259 §7), without the quotes. A byte that is not
/// UTF-8 becomes U+FFFD.
[[nodiscard]] std::string jsonEscape(std::string_view text);
/// & < > " ' as references: fit for HTML text and for quoted attribute values.
[[nodiscard]] std::string htmlEscape(std::string_view text);

/// Bytes from the kernel's generator, fit for keys and cookies. Throws std::system_error where
/// the kernel has none.
[[nodiscard]] std::string randomBytes(std::size_t count);

}  // namespace ropewalk
