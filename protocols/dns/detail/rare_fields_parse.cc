// Rare fields from their words: a function for each. RFCs: rare_fields.h.
#include <algorithm>
#include <optional>

#include "addresses.h"
#include "rare_fields.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/dns/name.h"

namespace ropewalk::dns::detail {

namespace {

struct Assigned {
  std::uint16_t number;
  std::string_view name;
};

// What WKS records name, in RFC 1035's words and today's; others by their number.
constexpr Assigned kProtocols[] = {{1, "icmp"}, {6, "tcp"}, {17, "udp"}};
constexpr Assigned kServices[] = {
    {7, "echo"},         {9, "discard"},  {13, "daytime"},   {20, "ftp-data"}, {21, "ftp"},
    {22, "ssh"},         {23, "telnet"},  {25, "smtp"},      {37, "time"},     {43, "whois"},
    {53, "domain"},      {69, "tftp"},    {79, "finger"},    {80, "http"},     {88, "kerberos"},
    {110, "pop3"},       {111, "sunrpc"}, {119, "nntp"},     {123, "ntp"},     {143, "imap"},
    {161, "snmp"},       {179, "bgp"},    {389, "ldap"},     {443, "https"},   {465, "submissions"},
    {587, "submission"}, {636, "ldaps"},  {853, "domain-s"}, {993, "imaps"},   {995, "pop3s"}};
constexpr Assigned kSchemes[] = {{1, "NOTIFY"}};  // RFC 9859 §6.2

template <class Number, std::size_t N>
std::optional<Number> numberOf(const Assigned (&table)[N], std::string_view text) noexcept {
  if (const auto number = parseNumber<Number>(text)) return number;
  for (const auto& entry : table) {
    if (equalIgnoreCase(entry.name, text)) return static_cast<Number>(entry.number);
  }
  return std::nullopt;
}

/// The words of one field, one after the other.
class Words {
 public:
  Words(std::span<const Word> words, std::size_t& at, std::string_view origin, std::string& out)
      : words_(words), at_(at), origin_(origin), out_(out) {}

  Complaint read(Field field) {
    switch (field) {
      case Field::optionalString:
        return more() ? string() : kFine;
      case Field::optionalBase64:
        return base64();
      case Field::scheme:
        return one([this](std::string_view word) {
          return putByte(numberOf<std::uint8_t>(kSchemes, word));
        });
      case Field::eui48:
        return one([this](std::string_view word) { return hexGroups(word, 6, 2, 2, '-'); });
      case Field::eui64:
        return one([this](std::string_view word) { return hexGroups(word, 8, 2, 2, '-'); });
      case Field::groups64:
        return one([this](std::string_view word) { return hexGroups(word, 4, 1, 4, ':'); });
      case Field::nsap:
        return one([this](std::string_view word) { return nsap(word); });
      case Field::services:
        return services();
      case Field::oldBitmap:
        return oldBitmap();
      case Field::prefixes:
        return each([this](std::string_view word) { return prefix(word); });
      case Field::gateway:
        return gateway();
      case Field::relay:
        return relay();
      case Field::identity:
        return identity();
      case Field::longAddress:
        return longAddress();
      default:
        return kWrong;
    }
  }

 private:
  [[nodiscard]] bool more() const noexcept { return at_ < words_.size(); }

  /// Reads the next word; stays at it when it is wrong.
  template <class F>
  Complaint one(F read) {
    if (!more()) return kWrong;
    if (words_[at_].quoted) return "it stands in quotes";
    if (const auto why = read(words_[at_].text)) return why;
    ++at_;
    return kFine;
  }
  template <class F>
  Complaint each(F read) {
    while (more()) {
      if (const auto why = one(read)) return why;
    }
    return kFine;
  }

  Complaint putByte(std::optional<std::uint8_t> number) {
    if (!number) return kWrong;
    out_.push_back(static_cast<char>(*number));
    return kFine;
  }
  Complaint byte() {
    return one([this](std::string_view word) { return putByte(parseNumber<std::uint8_t>(word)); });
  }
  Complaint name() {
    return one([this](std::string_view word) { return appendName(word, origin_, out_); });
  }
  /// All digits of one word.
  Complaint digits(Digits kind) {
    return one([this, kind](std::string_view word) -> Complaint {
      DigitReader reader(kind, out_);
      if (const auto why = reader.add(word)) return why;
      return reader.finish();
    });
  }

  Complaint string() {
    const std::size_t length = out_.size();
    out_.push_back('\0');
    if (const auto why = appendUnescaped(words_[at_].text, out_)) return why;
    const std::size_t size = out_.size() - length - 1;
    if (size > 255) return "it is longer";
    out_[length] = static_cast<char>(size);
    ++at_;
    return kFine;
  }

  Complaint base64() {
    DigitReader reader(Digits::base64, out_);
    const std::size_t first = at_;
    if (const auto why = each([&reader](std::string_view word) { return reader.add(word); }))
      return why;
    const auto why = reader.finish();
    if (why) at_ = first;
    return why;
  }

  /// `count` groups of `least` to `most` digits.
  Complaint hexGroups(std::string_view word, std::size_t count, std::size_t least, std::size_t most,
                      char between) {
    const auto groups = split(word, between);
    if (groups.size() != count) return kWrong;
    for (const std::string_view group : groups) {
      const auto number = parseNumber<std::uint16_t>(group, 16);
      if (!number || group.size() < least || group.size() > most) return kWrong;
      if (most == 2) {
        out_.push_back(static_cast<char>(*number));
      } else {
        put16(*number, out_);
      }
    }
    return kFine;
  }

  Complaint nsap(std::string_view word) {
    if (!word.starts_with("0x") && !word.starts_with("0X")) return "it begins with 0x";
    std::string hex(word.substr(2));
    hex.erase(std::remove(hex.begin(), hex.end(), '.'), hex.end());
    if (hex.empty()) return kWrong;
    DigitReader reader(Digits::base16, out_);
    if (const auto why = reader.add(hex)) return why;
    return reader.finish();
  }

  /// Sets a bit of those that begin at `begin`.
  void setBit(std::size_t begin, std::size_t bit) {
    const std::size_t at = begin + bit / 8;
    if (out_.size() <= at) out_.resize(at + 1);
    out_[at] = static_cast<char>(out_[at] | 0x80 >> bit % 8);
  }

  Complaint services() {
    const auto protocol = [this](std::string_view word) {
      return putByte(numberOf<std::uint8_t>(kProtocols, word));
    };
    if (const auto why = one(protocol)) return why;
    const std::size_t begin = out_.size();
    return each([this, begin](std::string_view word) -> Complaint {
      const auto port = numberOf<std::uint16_t>(kServices, word);
      if (!port) return "it is neither a port nor a service that has a name here";
      setBit(begin, *port);
      return kFine;
    });
  }

  Complaint oldBitmap() {
    const std::size_t begin = out_.size();
    return each([this, begin](std::string_view word) -> Complaint {
      const auto type = parseType(word);
      const auto number = type ? static_cast<std::uint16_t>(*type) : std::uint16_t{0};
      if (number == 0 || number > 127) return "it is no type from 1 to 127";
      setBit(begin, number);
      return kFine;
    });
  }

  /// "!1:192.0.2.0/24"
  Complaint prefix(std::string_view word) {
    const bool negated = word.starts_with('!');
    if (negated) word.remove_prefix(1);
    const bool four = word.starts_with("1:");
    const std::size_t slash = word.find('/');
    if ((!four && !word.starts_with("2:")) || slash == std::string_view::npos) return kWrong;
    const auto length = parseNumber<std::uint8_t>(word.substr(slash + 1));
    std::string address;
    const std::string_view literal = word.substr(2, slash - 2);
    if (!length || *length > (four ? 32 : 128)) return kWrong;
    if (!(four ? appendIPv4(literal, address) : appendIPv6(literal, address))) return kWrong;
    address.resize(address.find_last_not_of('\0') + 1);  // npos + 1 is 0
    put16(four ? 1 : 2, out_);
    out_.push_back(static_cast<char>(*length));
    out_.push_back(static_cast<char>(address.size() | (negated ? 0x80U : 0U)));
    out_ += address;
    return kFine;
  }

  Complaint host(std::size_t type) {
    switch (type) {
      case 0:
        return one([](std::string_view word) {
          return word == "." ? kFine : Complaint("without one it reads .");
        });
      case 1:
        return one(
            [this](std::string_view word) { return appendIPv4(word, out_) ? kFine : kWrong; });
      case 2:
        return one(
            [this](std::string_view word) { return appendIPv6(word, out_) ? kFine : kWrong; });
      case 3:
        return name();
      default:
        --at_;
        return "there are the types 0 to 3";
    }
  }

  Complaint gateway() {
    const std::size_t begin = out_.size();
    if (const auto why = byte()) return why;
    if (static_cast<unsigned char>(out_[begin]) > 3) return host(4);
    if (const auto why = byte()) return why;
    return host(static_cast<unsigned char>(out_[begin]));
  }

  Complaint relay() {
    const std::size_t begin = out_.size();
    if (const auto why = byte()) return why;
    const auto optional = static_cast<unsigned char>(out_[begin]);
    if (optional > 1) return --at_, "it is 0 or 1";
    out_.pop_back();
    if (const auto why = byte()) return why;
    const auto type = static_cast<unsigned char>(out_[begin]);
    out_[begin] = static_cast<char>(type | optional << 7);
    return host(type);
  }

  Complaint identity() {
    const std::size_t begin = out_.size();
    out_.append(4, '\0');
    std::string algorithm;
    if (const auto why = Words(words_, at_, origin_, algorithm).byte()) return why;
    out_[begin + 1] = algorithm[0];
    if (const auto why = digits(Digits::base16)) return why;
    const std::size_t tag = out_.size() - begin - 4;
    if (tag > 255) return --at_, "it is longer than 255 bytes";
    out_[begin] = static_cast<char>(tag);
    if (const auto why = digits(Digits::base64)) return why;
    const std::size_t key = out_.size() - begin - 4 - tag;
    if (key > 65535) return --at_, "it is longer than 65535 bytes";
    out_[begin + 2] = static_cast<char>(key >> 8);
    out_[begin + 3] = static_cast<char>(key);
    while (more()) {
      if (const auto why = name()) return why;
    }
    return kFine;
  }

  Complaint longAddress() {
    const std::size_t begin = out_.size();
    if (const auto why = byte()) return why;
    const std::size_t prefix = static_cast<unsigned char>(out_[begin]);
    if (prefix > 128) return --at_, "it is more than 128";
    const std::size_t size = (128 - prefix + 7) / 8;
    const auto suffix = [&](std::string_view word) {
      std::string address;
      if (!appendIPv6(word, address)) return kWrong;
      out_ += address.substr(16 - size);
      const auto first = static_cast<unsigned char>(out_[begin + 1]);
      out_[begin + 1] = static_cast<char>(first & 0xFFU >> prefix % 8);
      return kFine;
    };
    if (size != 0) {
      if (const auto why = one(suffix)) return why;
    }
    return prefix != 0 ? name() : kFine;
  }

  std::span<const Word> words_;
  std::size_t& at_;
  std::string_view origin_;
  std::string& out_;
};

}  // namespace

Complaint parseRare(Field field, std::span<const Word> words, std::size_t& at,
                    std::string_view origin, std::string& out) {
  return Words(words, at, origin, out).read(field);
}

std::string_view rareNoun(Field field) noexcept {
  switch (field) {
    case Field::optionalString:
      return "a string of at most 255 bytes";
    case Field::optionalBase64:
      return "a row of base64 bytes";
    case Field::scheme:
      return "a scheme: NOTIFY, or a number from 0 to 255";
    case Field::eui48:
      return "an address as 00-00-5e-00-53-2a";
    case Field::eui64:
      return "an address as 00-00-5e-ef-10-00-00-2a";
    case Field::groups64:
      return "a locator or node as 0014:4fff:ff20:ee64";
    case Field::nsap:
      return "an NSAP address in hexadecimal";
    case Field::services:
      return "a protocol or port";
    case Field::oldBitmap:
      return "a type of record";
    case Field::prefixes:
      return "a network as 1:192.0.2.0/24 or !2:2001:db8::/32";
    case Field::gateway:
      return "a part of a gateway";
    case Field::relay:
      return "a part of a relay";
    case Field::identity:
      return "a part of a host identity";
    case Field::longAddress:
      return "a part of an A6 address";
    default:
      return "";
  }
}

}  // namespace ropewalk::dns::detail
