// Bytes as digits of 4, 5 or 6 bits, in pieces. RFC 4648 §4, §7 and §8.
#include "presentation.h"
#include "ropewalk/core/base/text.h"

namespace ropewalk::dns::detail {

namespace {

using DigitValues = std::array<signed char, 256>;

constexpr std::string_view kBase16 = "0123456789abcdef";
constexpr std::string_view kBase32 = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr DigitValues valuesOf(std::string_view alphabet, bool anyCase) {
  DigitValues values{};
  for (signed char& value : values) value = -1;
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    const char digit = alphabet[i];
    values[static_cast<unsigned char>(digit)] = static_cast<signed char>(i);
    if (!anyCase || isDigit(digit)) continue;
    values[static_cast<unsigned char>(digit) ^ 0x20U] = static_cast<signed char>(i);
  }
  return values;
}

constexpr DigitValues kBase16Values = valuesOf(kBase16, true);
constexpr DigitValues kBase32Values = valuesOf(kBase32, true);
constexpr DigitValues kBase64Values = valuesOf(kBase64, false);

}  // namespace

DigitReader::DigitReader(Digits digits, std::string& out) noexcept
    : values_(digits == Digits::base16      ? &kBase16Values
              : digits == Digits::base32hex ? &kBase32Values
                                            : &kBase64Values),
      width_(digits == Digits::base16      ? 4
             : digits == Digits::base32hex ? 5
                                           : 6),
      out_(out) {}

Complaint DigitReader::add(std::string_view word) {
  for (const char c : word) {
    if (c == '=' && width_ == 6) {
      ++padding_;
      continue;
    }
    const int value = (*values_)[static_cast<unsigned char>(c)];
    if (value < 0) return "it has a character that is no digit";
    if (padding_ != 0) return "it goes on behind its padding";
    bits_ = bits_ << width_ | static_cast<std::uint32_t>(value);
    bitCount_ += width_;
    ++digitCount_;
    if (bitCount_ < 8) continue;
    bitCount_ -= 8;
    out_.push_back(static_cast<char>(bits_ >> bitCount_));
  }
  return kFine;
}

Complaint DigitReader::finish() const noexcept {
  // A digit that adds no whole byte is one too many; and RFC 4648 §3.5: bits left over are zero, or
  // one value would have several encodings.
  if (bitCount_ >= width_) return "its last byte is not whole";
  if ((bits_ & ((1U << bitCount_) - 1)) != 0) return "it has stray bits at its end";
  if (width_ != 6) return kFine;
  if (padding_ > 2 || (digitCount_ + padding_) % 4 != 0) return "its padding is wrong";
  return kFine;
}

void putHex(std::string_view bytes, std::string& out) {
  for (const char c : bytes) {
    const auto value = static_cast<unsigned char>(c);
    out += {kBase16[value >> 4], kBase16[value & 15]};
  }
}

void putBase32(std::string_view bytes, std::string& out) {
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (count += 8; count >= 5; count -= 5) out += kBase32[bits >> (count - 5) & 31];
  }
  if (count != 0) out += kBase32[bits << (5 - count) & 31];
}

}  // namespace ropewalk::dns::detail
