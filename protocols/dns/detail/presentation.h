// The small parts of presentation format: escapes, names, times, digits. RFC 1035 §5.1, RFC 4034
// §3.2, RFC 4648 §4, §7 and §8. Private to this folder.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ropewalk::dns::detail {

/// What is wrong with a word: nothing; or why it is not what it should be, in static words, "" when
/// there is no more to say. Reading costs no allocation that way.
using Complaint = std::optional<std::string_view>;
constexpr Complaint kFine = std::nullopt;
constexpr Complaint kWrong = std::string_view();

constexpr bool isDigit(char c) noexcept { return c >= '0' && c <= '9'; }

/// The byte that an escape stands for: \X or \DDD (RFC 1035 §5.1).
/// @param at  behind the backslash; moves behind the escape
[[nodiscard]] std::optional<char> unescape(std::string_view text, std::size_t& at) noexcept;
/// Appends text with its escapes resolved.
[[nodiscard]] Complaint appendUnescaped(std::string_view text, std::string& out);

/// Appends a name in wire form. "@" and names without a last dot are of the origin.
/// @param origin  in wire form; empty: such names are a complaint
[[nodiscard]] Complaint appendName(std::string_view text, std::string_view origin,
                                   std::string& out);

/// "5400" or "1h30m": weeks, days, hours, minutes, seconds, of either case.
[[nodiscard]] std::optional<std::uint32_t> parseSeconds(std::string_view text) noexcept;
/// YYYYMMDDHHMMSS, or plain seconds since 1970 in at most ten digits; modulo 2^32 (RFC 4034 §3.2).
[[nodiscard]] std::optional<std::uint32_t> parseDate(std::string_view text) noexcept;

/// Appends a word in quotes.
void putQuoted(std::string_view bytes, std::string& out);
/// Appends a byte so that it can stand between quotes.
void putEscaped(char byte, std::string& out);
/// Taken as seconds since 1970, up to 2106.
void putDate(std::uint32_t seconds, std::string& out);
void putHex(std::string_view bytes, std::string& out);
/// base32hex without padding, in upper case as RFC 5155 §3.3 shows it.
void putBase32(std::string_view bytes, std::string& out);

enum class Digits : std::uint8_t { base16, base32hex, base64 };

/// Gathers digits that may be spread over many words.
class DigitReader {
 public:
  DigitReader(Digits digits, std::string& out) noexcept;
  [[nodiscard]] Complaint add(std::string_view word);
  /// Behind the last word: nothing may be left over.
  [[nodiscard]] Complaint finish() const noexcept;

 private:
  const std::array<signed char, 256>* values_;
  unsigned width_;
  std::string& out_;
  std::uint32_t bits_ = 0;
  unsigned bitCount_ = 0;
  std::size_t digitCount_ = 0;
  std::size_t padding_ = 0;
};

inline void put16(std::uint16_t value, std::string& out) {
  const char bytes[] = {static_cast<char>(value >> 8), static_cast<char>(value)};
  out.append(bytes, sizeof bytes);
}
inline void put32(std::uint32_t value, std::string& out) {
  put16(static_cast<std::uint16_t>(value >> 16), out);
  put16(static_cast<std::uint16_t>(value), out);
}

/// A number of `size` bytes. Only where they are there.
[[nodiscard]] constexpr std::uint64_t numberAt(std::string_view bytes, std::size_t at,
                                               std::size_t size) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

}  // namespace ropewalk::dns::detail
