// Escapes, names and times of presentation format. RFC 1035 §5.1, RFC 4034 §3.2.
#include "presentation.h"

#include <chrono>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/dns/name.h"

namespace ropewalk::dns::detail {

namespace {

constexpr std::string_view kBadEscape = "an escape is neither \\X nor \\DDD up to \\255";
constexpr std::string_view kNameTooLong = "it is longer than 255 bytes";
constexpr std::string_view kEmptyLabel = "it has an empty label";
constexpr std::string_view kNoOrigin =
    "it is relative, and nothing says to what; write it with a last dot, or put $ORIGIN before";

/// A name in the making. The root's 0 has its place from the start.
class NameBuilder {
 public:
  [[nodiscard]] bool add(char c) noexcept {
    if (end_ >= kMaxNameLength) return false;
    wire_[end_++] = c;
    return true;
  }
  [[nodiscard]] Complaint endLabel() noexcept {
    const std::size_t length = end_ - start_ - 1;
    if (length == 0) return kEmptyLabel;
    if (length > kMaxLabelLength) return "a label is longer than 63 bytes";
    if (end_ >= kMaxNameLength) return kNameTooLong;
    wire_[start_] = static_cast<char>(length);
    start_ = end_++;
    return kFine;
  }
  [[nodiscard]] bool inLabel() const noexcept { return end_ > start_ + 1; }
  /// Ends it by `rest`, a whole name.
  [[nodiscard]] Complaint finish(std::string_view rest, std::string& out) const {
    if (start_ + rest.size() > kMaxNameLength) return kNameTooLong;
    out.append(wire_.data(), start_).append(rest);
    return kFine;
  }

 private:
  std::array<char, kMaxNameLength> wire_;
  std::size_t start_ = 0;  // of the label, that is, of its length
  std::size_t end_ = 1;
};

std::optional<std::uint32_t> unitSeconds(char unit) noexcept {
  switch (lowerCase(unit)) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 60 * 60;
    case 'd':
      return 24 * 60 * 60;
    case 'w':
      return 7 * 24 * 60 * 60;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<char> unescape(std::string_view text, std::size_t& at) noexcept {
  if (at >= text.size()) return std::nullopt;
  if (!isDigit(text[at])) return text[at++];
  if (at + 3 > text.size() || !isDigit(text[at + 1]) || !isDigit(text[at + 2])) {
    return std::nullopt;
  }
  const int value = (text[at] - '0') * 100 + (text[at + 1] - '0') * 10 + (text[at + 2] - '0');
  at += 3;
  if (value > 255) return std::nullopt;
  return static_cast<char>(value);
}

Complaint appendUnescaped(std::string_view text, std::string& out) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t escape = text.find('\\', at);
    out.append(text.substr(at, escape - at));
    if (escape == std::string_view::npos) break;
    at = escape + 1;
    const auto byte = unescape(text, at);
    if (!byte) return kBadEscape;
    out.push_back(*byte);
  }
  return kFine;
}

Complaint appendName(std::string_view text, std::string_view origin, std::string& out) {
  constexpr std::string_view kRoot("\0", 1);
  if (text.size() <= 1) {
    if (text.empty()) return "it is empty";
    if (text == "@" && origin.empty()) return kNoOrigin;
    if (text == "@") return out.append(origin), kFine;
    if (text == ".") return out.append(kRoot), kFine;
  }
  NameBuilder name;
  for (std::size_t at = 0; at < text.size();) {
    char c = text[at++];
    if (c == '.') {
      if (const auto wrong = name.endLabel()) return wrong;
      continue;
    }
    if (c == '\\') {
      const auto byte = unescape(text, at);
      if (!byte) return kBadEscape;
      c = *byte;
    }
    if (!name.add(c)) return kNameTooLong;
  }
  if (!name.inLabel()) return name.finish(kRoot, out);
  if (origin.empty()) return kNoOrigin;
  if (const auto wrong = name.endLabel()) return wrong;
  return name.finish(origin, out);
}

std::optional<std::uint32_t> parseSeconds(std::string_view text) noexcept {
  if (!text.empty() && isDigit(text.back())) return parseNumber<std::uint32_t>(text);
  if (text.empty()) return std::nullopt;
  std::uint64_t total = 0;
  while (!text.empty()) {
    std::size_t digits = 0;
    while (digits < text.size() && isDigit(text[digits])) ++digits;
    const auto number = parseNumber<std::uint32_t>(text.substr(0, digits));
    if (!number || digits == text.size()) return std::nullopt;
    const auto unit = unitSeconds(text[digits]);
    if (!unit) return std::nullopt;
    total += std::uint64_t{*number} * *unit;
    if (total > UINT32_MAX) return std::nullopt;
    text.remove_prefix(digits + 1);
  }
  return static_cast<std::uint32_t>(total);
}

std::optional<std::uint32_t> parseDate(std::string_view text) noexcept {
  const auto number = parseNumber<std::uint64_t>(text);
  if (!number) return std::nullopt;
  if (text.size() <= 10) return parseNumber<std::uint32_t>(text);
  if (text.size() != 14) return std::nullopt;
  const auto part = [text](std::size_t at, std::size_t size) {
    return parseNumber<unsigned>(text.substr(at, size)).value_or(0);
  };
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(part(0, 4))),
                                         std::chrono::month(part(4, 2)),
                                         std::chrono::day(part(6, 2))};
  const unsigned hour = part(8, 2);
  const unsigned minute = part(10, 2);
  const unsigned second = part(12, 2);
  if (!date.ok() || date.year() < std::chrono::year(1970)) return std::nullopt;
  if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const auto days =
      static_cast<std::uint64_t>(std::chrono::sys_days(date).time_since_epoch().count());
  return static_cast<std::uint32_t>(((days * 24 + hour) * 60 + minute) * 60 + second);
}

void putEscaped(char byte, std::string& out) {
  const auto value = static_cast<unsigned char>(byte);
  if (byte == '"' || byte == '\\') {
    out += {'\\', byte};
  } else if (value >= 0x20 && value < 0x7f) {
    out += byte;
  } else {
    out += {'\\', static_cast<char>('0' + value / 100), static_cast<char>('0' + value / 10 % 10),
            static_cast<char>('0' + value % 10)};
  }
}

void putQuoted(std::string_view bytes, std::string& out) {
  out += '"';
  for (const char c : bytes) putEscaped(c, out);
  out += '"';
}

void putDate(std::uint32_t seconds, std::string& out) {
  using std::chrono::days;
  const std::chrono::year_month_day date{std::chrono::sys_days(days(seconds / 86400))};
  const std::uint32_t time = seconds % 86400;
  out += format("{:04}{:02}{:02}{:02}{:02}{:02}", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time / 3600,
                time / 60 % 60, time % 60);
}

}  // namespace ropewalk::dns::detail
