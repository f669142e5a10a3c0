// Each kind of field from its words. RFC 1035 §5.1 and §3.3; RFC 4034, RFC 5155, RFC 8945.
#include <algorithm>
#include <array>

#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/dns/detail/addresses.h"
#include "ropewalk/protocols/dns/detail/location.h"
#include "ropewalk/protocols/dns/detail/mnemonics.h"
#include "ropewalk/protocols/dns/detail/rare_fields.h"
#include "ropewalk/protocols/dns/detail/rdata_parser.h"
#include "ropewalk/protocols/dns/detail/service_parameters.h"

namespace ropewalk::dns::detail {

namespace {

void putNumber(std::uint64_t value, std::size_t bytes, std::string& out) {
  while (bytes-- > 0) out.push_back(static_cast<char>(value >> (8 * bytes)));
}

/// Appends a number, or complains.
template <class Number>
Complaint putIf(const std::optional<Number>& number, std::string& out) {
  if (!number) return kWrong;
  putNumber(*number, sizeof(Number), out);
  return kFine;
}

bool takesString(Field field) noexcept {
  return field == Field::string || field == Field::quoted || field == Field::tag;
}

}  // namespace

Complaint RdataParser::field(Field field) {
  if (isRare(field)) return parseRare(field, words_, at_, origin_, out_);
  switch (field) {
    case Field::strings:
    case Field::hex:
    case Field::base64:
    case Field::bitmap:
    case Field::location:
    case Field::parameters:
    case Field::sized16:
    case Field::opaque:
      return rest(field);
    default:
      break;
  }
  if (at_ == words_.size()) return kWrong;
  if (words_[at_].quoted && !takesString(field)) return "it stands in quotes";
  if (const auto why = word(field, words_[at_].text)) return why;
  ++at_;
  return kFine;
}

Complaint RdataParser::word(Field field, std::string_view text) {
  switch (field) {
    case Field::compressedName:
    case Field::name:
      return appendName(text, origin_, out_);
    case Field::u8:
      return number(text, 1);
    case Field::u16:
      return number(text, 2);
    case Field::u32:
      return number(text, 4);
    case Field::time48:
      return number(text, 6);
    case Field::seconds32:
      return putIf(parseSeconds(text), out_);
    case Field::date32:
      return putIf(parseDate(text), out_);
    case Field::ipv4:
      return appendIPv4(text, out_) ? kFine : kWrong;
    case Field::ipv6:
      return appendIPv6(text, out_) ? kFine : kWrong;
    case Field::string:
      return string(text);
    case Field::tag:
      return tag(text);
    case Field::quoted:
      return appendUnescaped(text, out_);
    case Field::certType:
      return putIf(parseCertType(text), out_);
    case Field::algorithm:
      return putIf(parseAlgorithm(text), out_);
    case Field::salt:
      return sized8(Digits::base16, text == "-" ? std::string_view() : text);
    case Field::hash:
      return sized8(Digits::base32hex, text);
    case Field::type: {
      const auto type = parseType(text);
      if (!type) return kWrong;
      put16(static_cast<std::uint16_t>(*type), out_);
      return kFine;
    }
    default:
      return kWrong;
  }
}

Complaint RdataParser::rest(Field field) {
  switch (field) {
    case Field::bitmap:
      return bitmap();
    case Field::parameters:
      return parseServiceParameters(words_, at_, out_);
    case Field::location:
      return parseLocation(words_, at_, out_);
    case Field::sized16:
      return sized16();
    case Field::hex:
      return digitsToEnd(Digits::base16);
    case Field::base64:
      return digitsToEnd(Digits::base64);
    case Field::strings:
      break;
    default:
      return kWrong;  // opaque: parse() has seen no \#
  }
  if (at_ == words_.size()) return kWrong;
  for (; at_ < words_.size(); ++at_) {
    if (const auto why = string(words_[at_].text)) return why;
  }
  return kFine;
}

Complaint RdataParser::number(std::string_view text, std::size_t bytes) {
  const auto value = parseNumber<std::uint64_t>(text);
  if (!value || *value >> (8 * bytes) != 0) return kWrong;
  putNumber(*value, bytes, out_);
  return kFine;
}

Complaint RdataParser::string(std::string_view text) {
  const std::size_t length = out_.size();
  out_.push_back('\0');
  if (const auto why = appendUnescaped(text, out_)) return why;
  const std::size_t size = out_.size() - length - 1;
  if (size > 255) return "it is longer";
  out_[length] = static_cast<char>(size);
  return kFine;
}

Complaint RdataParser::tag(std::string_view text) {
  const auto letter = [](char c) {
    return isDigit(c) || (lowerCase(c) >= 'a' && lowerCase(c) <= 'z');
  };
  if (text.empty() || !std::all_of(text.begin(), text.end(), letter)) return kWrong;
  return string(text);
}

Complaint RdataParser::sized8(Digits digits, std::string_view text) {
  const std::size_t length = out_.size();
  out_.push_back('\0');
  DigitReader reader(digits, out_);
  if (const auto why = reader.add(text)) return why;
  if (const auto why = reader.finish()) return why;
  const std::size_t size = out_.size() - length - 1;
  if (size > 255) return "it is longer than 255 bytes";
  if (size == 0 && digits == Digits::base32hex) return kWrong;
  out_[length] = static_cast<char>(size);
  return kFine;
}

/// TSIG's (RFC 8945 §4.2): the length, then base64 when that is not 0, as others print it.
Complaint RdataParser::sized16() {
  const auto size =
      at_ < words_.size() ? parseNumber<std::uint16_t>(words_[at_].text) : std::nullopt;
  if (!size) return "its length should stand here";
  put16(*size, out_);
  ++at_;
  if (*size == 0) return kFine;
  if (at_ == words_.size()) return kWrong;
  const std::size_t begin = out_.size();
  DigitReader reader(Digits::base64, out_);
  if (const auto why = reader.add(words_[at_].text)) return why;
  if (const auto why = reader.finish()) return why;
  if (out_.size() - begin != *size) return "it has not the length before it";
  ++at_;
  return kFine;
}

Complaint RdataParser::digitsToEnd(Digits digits) {
  if (at_ == words_.size()) return kWrong;
  DigitReader reader(digits, out_);
  const std::size_t first = at_;
  for (; at_ < words_.size(); ++at_) {
    if (const auto why = reader.add(words_[at_].text)) return why;
  }
  const auto why = reader.finish();
  if (why) at_ = first;
  return why;
}

/// RFC 4034 §4.1.2: for each window that has types its number, a length, and that many bytes.
Complaint RdataParser::bitmap() {
  std::array<std::uint16_t, 256> few;
  std::size_t count = 0;
  for (; at_ < words_.size(); ++at_) {
    const auto type = words_[at_].quoted ? std::nullopt : parseType(words_[at_].text);
    if (!type) return kWrong;
    if (count == few.size()) return "there are more than 256 types";
    few[count++] = static_cast<std::uint16_t>(*type);
  }
  const auto end = few.begin() + static_cast<std::ptrdiff_t>(count);
  std::sort(few.begin(), end);
  std::size_t window = 0;  // where the one being filled begins
  for (std::size_t i = 0; i < count; ++i) {
    if (i == 0 || few[i] >> 8 != few[i - 1] >> 8) {
      window = out_.size();
      out_ += {static_cast<char>(few[i] >> 8), '\0'};
    }
    const std::size_t byte = few[i] % 256 / 8U;
    out_.resize(window + 2 + byte + 1);
    out_[window + 1] = static_cast<char>(byte + 1);
    out_[window + 2 + byte] = static_cast<char>(out_[window + 2 + byte] | 0x80 >> few[i] % 8);
  }
  return kFine;
}

}  // namespace ropewalk::dns::detail
