// The characters and small words of HTTP: token, field-content, OWS, case. RFC 9110 §5.6, RFC 5234.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace ropewalk::http {

/// What one byte may be; a byte may be several. For table look-ups in inner loops.
enum CharClass : std::uint8_t {
  kTchar = 1,       // RFC 9110 §5.6.2
  kDigit = 2,       // RFC 5234
  kHexDigit = 4,    // both cases
  kPathChar = 8,    // RFC 3986 §3.3 pchar and "/", without "%"
  kRegName = 16,    // RFC 3986 §3.2.2 unreserved and sub-delims, without "%"
  kFieldText = 32,  // RFC 9110 §5.5: VCHAR, SP, HTAB, obs-text
  kAlpha = 64,
  /// What else clients leave raw in a target: " < > [ \ ] ^ ` { | }, 0x80 to 0xff.
  kTargetExtra = 128,
};

namespace detail {
consteval std::array<std::uint8_t, 256> makeCharClasses() {
  std::array<std::uint8_t, 256> table{};
  const auto mark = [&table](std::string_view chars, unsigned bits) {
    for (const char c : chars)
      table[static_cast<unsigned char>(c)] |= static_cast<std::uint8_t>(bits);
  };
  for (unsigned c = 0x20; c < 256; ++c) {
    if (c != 0x7f) table[c] |= kFieldText;
  }
  mark("\t", kFieldText);
  mark("0123456789", kDigit | kHexDigit | kTchar | kPathChar | kRegName);
  mark("abcdefABCDEF", kHexDigit);
  mark("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
       kAlpha | kTchar | kPathChar | kRegName);
  mark("!#$%&'*+-.^_`|~", kTchar);
  mark("-._~!$&'()*+,;=", kPathChar | kRegName);
  mark(":@/", kPathChar);
  mark("\"<>[\\]^`{|}", kTargetExtra);
  for (unsigned c = 0x80; c < 256; ++c) table[c] |= kTargetExtra;
  return table;
}
}  // namespace detail

inline constexpr std::array<std::uint8_t, 256> kCharClasses = detail::makeCharClasses();

/// True when c belongs to any of the classes.
constexpr bool isClass(char c, unsigned classes) noexcept {
  return (kCharClasses[static_cast<unsigned char>(c)] & classes) != 0;
}
constexpr bool isDigit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr char lowerAscii(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// The value of a hexadecimal digit, or -1.
constexpr int hexValue(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = lowerAscii(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// How many bytes at the front of text belong to the classes.
constexpr std::size_t spanOf(std::string_view text, unsigned classes) noexcept {
  std::size_t n = 0;
  while (n < text.size() && isClass(text[n], classes)) ++n;
  return n;
}

constexpr bool isToken(std::string_view text) noexcept {
  return !text.empty() && spanOf(text, kTchar) == text.size();
}
/// True for what may stand in a field value: no control character but HTAB.
constexpr bool isFieldText(std::string_view text) noexcept {
  return spanOf(text, kFieldText) == text.size();
}
constexpr bool isOws(char c) noexcept { return c == ' ' || c == '\t'; }

/// Without the spaces and tabs at either end.
constexpr std::string_view trimOws(std::string_view text) noexcept {
  while (!text.empty() && isOws(text.front())) text.remove_prefix(1);
  while (!text.empty() && isOws(text.back())) text.remove_suffix(1);
  return text;
}

/// Compares as field names and most HTTP words are compared: ASCII case does not count.
constexpr bool equalIgnoreCase(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lowerAscii(a[i]) != lowerAscii(b[i])) return false;
  }
  return true;
}

}  // namespace ropewalk::http
