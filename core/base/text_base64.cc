// Base64 both ways. RFC 4648 §4 and §5.

#include <algorithm>
#include <array>

#include "format.h"
#include "text.h"

namespace ropewalk {

namespace {

constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr int kNoDigit = -1;

using DigitTable = std::array<signed char, 256>;

constexpr DigitTable digitsOf(std::string_view alphabet) {
  DigitTable table{};
  for (signed char& digit : table) digit = kNoDigit;
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<signed char>(i);
  }
  return table;
}

constexpr DigitTable kStandardDigits = digitsOf(kStandard);
constexpr DigitTable kUrlDigits = digitsOf(kUrl);

Failure malformed(std::string reason) {
  return ProtocolError("malformed base64: " + std::move(reason));
}

}  // namespace

std::string base64Encode(std::string_view bytes, Base64 alphabet) {
  const std::string_view digits = alphabet == Base64::standard ? kStandard : kUrl;
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k <= count; ++k) out += digits[group >> (18 - 6 * k) & 63];
    if (alphabet == Base64::standard) out.append(3 - count, '=');
  }
  return out;
}

Result<std::string> base64Decode(std::string_view text, Base64 alphabet) {
  if (alphabet == Base64::standard) {
    if (text.size() % 4 != 0)
      return malformed(format("{} characters are no multiple of four", text.size()));
    for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  }
  if (text.size() % 4 == 1) return malformed("one character is left over at the end");

  const DigitTable& digits = alphabet == Base64::standard ? kStandardDigits : kUrlDigits;
  std::string out;
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  int count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int digit = digits[static_cast<unsigned char>(text[i])];
    if (digit == kNoDigit)
      return malformed(format("{} at offset {}", quoteBytes(text.substr(i, 1)), i));
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xff);
  }
  // RFC 4648 §3.5: else one value would have several encodings.
  if ((bits & ((1U << count) - 1)) != 0) return malformed("stray bits after the last byte");
  return out;
}

}  // namespace ropewalk
