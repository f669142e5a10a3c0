// Records' data from text. RFC 1035 §5.1, RFC 3597 §5.
#include <limits>

#include "errors.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/dns/detail/rare_fields.h"
#include "ropewalk/protocols/dns/detail/rdata_parser.h"
#include "ropewalk/protocols/dns/detail/words.h"

namespace ropewalk::dns {

namespace detail {

namespace {

/// What a word should be, for messages.
std::string_view nounOf(Field field) noexcept {
  if (isRare(field)) return rareNoun(field);
  switch (field) {
    case Field::compressedName:
    case Field::name:
      return "a domain name";
    case Field::u8:
      return "a number from 0 to 255";
    case Field::u16:
      return "a number from 0 to 65535";
    case Field::u32:
      return "a number from 0 to 4294967295";
    case Field::seconds32:
      return "a number of seconds";
    case Field::date32:
      return "a time as YYYYMMDDHHMMSS";
    case Field::ipv4:
      return "an IPv4 address";
    case Field::ipv6:
      return "an IPv6 address";
    case Field::string:
    case Field::strings:
      return "a string of at most 255 bytes";
    case Field::tag:
      return "a tag of 1 to 255 letters and digits";
    case Field::quoted:
      return "a text";
    case Field::type:
    case Field::bitmap:
      return "a type of record";
    case Field::certType:
      return "a type of certificate";
    case Field::algorithm:
      return "an algorithm";
    case Field::hex:
      return "a row of hexadecimal bytes";
    case Field::base64:
    case Field::sized16:
      return "a row of base64 bytes";
    case Field::salt:
      return "a salt, in hexadecimal or -";
    case Field::hash:
      return "a hash in base32hex";
    case Field::location:
      return "a part of a location";
    case Field::parameters:
      return "a service parameter";
    case Field::time48:
      return "a number from 0 to 281474976710655";
    case Field::opaque:
      return "a \\# with a length and hexadecimal bytes";
    default:
      break;
  }
  return "";
}

Failure malformed(std::string message) { return FormatError(std::move(message)); }

std::string_view withoutArticle(std::string_view noun) noexcept {
  return noun.substr(noun.find(' ') + 1);
}

}  // namespace

bool RdataParser::isGeneric() const noexcept {
  return !words_.empty() && !words_[0].quoted && words_[0].text == "\\#";
}

Result<void> RdataParser::parse() {
  if (isGeneric()) return opaque();
  for (const Field each : fieldsOf(type_)) {
    if (const auto why = field(each)) return wrong(each, *why);
  }
  if (at_ != words_.size()) {
    return malformed(
        format("{}: {} is more than the type has", type_, quoteBytes(words_[at_].text)));
  }
  if (out_.size() - begin_ > std::numeric_limits<std::uint16_t>::max()) {
    return malformed(format("{}: the data is longer than 65535 bytes", type_));
  }
  return {};
}

Failure RdataParser::wrong(Field field, std::string_view why) const {
  const std::string_view noun = nounOf(field);
  const std::string_view colon = why.empty() ? "" : ": ";
  if (at_ >= words_.size()) {
    return malformed(format("{}: {} is missing{}{}", type_, noun, colon, why));
  }
  return malformed(format("{}: {} is no {}{}{}", type_, quoteBytes(words_[at_].text),
                          withoutArticle(noun), colon, why));
}

Result<void> RdataParser::opaque() {
  at_ = 1;
  const auto length =
      at_ < words_.size() ? parseNumber<std::uint16_t>(words_[at_].text) : std::nullopt;
  if (!length) return wrong(Field::u16, "");
  DigitReader digits(Digits::base16, out_);
  for (++at_; at_ < words_.size(); ++at_) {
    if (const auto why = digits.add(words_[at_].text)) return wrong(Field::hex, *why);
  }
  const std::size_t given = out_.size() - begin_;
  if (digits.finish() || given != *length) {
    return malformed(format("{}: \\# announces {} bytes, but there are {}{}", type_, *length, given,
                            digits.finish() ? " and a half" : ""));
  }
  at_ = 0;
  return checkRdata(type_, std::string_view(out_).substr(begin_));
}

}  // namespace detail

Result<std::string> parseRdata(Type type, std::span<const Word> words, const Name& origin) {
  std::string data;
  detail::RdataParser parser(type, words, origin.wire(), data);
  if (const auto parsed = parser.parse(); !parsed) return parsed.failure();
  return data;
}

Result<std::string> parseRdata(Type type, std::string_view text, const Name& origin) {
  detail::LineScanner scanner(text);
  using Outcome = detail::LineScanner::Outcome;
  const Outcome first = scanner.next();
  if (first == Outcome::error) {
    return Failure(FormatError(format("{}: {}", type, scanner.complaint())));
  }
  if (first == Outcome::end) return parseRdata(type, std::span<const Word>(), origin);
  auto data = parseRdata(type, scanner.words(), origin);
  if (data && scanner.next() != Outcome::end) {
    return Failure(FormatError(format("{}: there is more than one line", type)));
  }
  return data;
}

}  // namespace ropewalk::dns
