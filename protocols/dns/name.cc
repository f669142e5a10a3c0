// Names as values: made of text, taken apart. RFC 1035 §2.3 and §5.1.
#include "name.h"

#include <arpa/inet.h>

#include <array>
#include <optional>

#include "errors.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"

namespace ropewalk::dns {

namespace {

Failure bad(std::string_view text, std::string_view reason) {
  return Failure(FormatError(format("{} is no domain name: {}", quoteBytes(text), reason)));
}

bool isDigit(char c) { return c >= '0' && c <= '9'; }

/// The byte that an escape stands for: \X or \DDD. `at` is behind the backslash, and moves behind
/// the escape.
std::optional<char> unescape(std::string_view text, std::size_t& at) {
  if (at >= text.size()) return std::nullopt;
  if (!isDigit(text[at])) return text[at++];
  if (at + 3 > text.size() || !isDigit(text[at + 1]) || !isDigit(text[at + 2])) return std::nullopt;
  const int value = (text[at] - '0') * 100 + (text[at + 1] - '0') * 10 + (text[at + 2] - '0');
  at += 3;
  if (value > 255) return std::nullopt;
  return static_cast<char>(value);
}

/// Writes labels; says what is wrong, or nothing.
class Builder {
 public:
  explicit Builder(std::string& wire) : wire_(wire) { wire_.push_back('\0'); }

  void add(char c) { wire_.push_back(c); }
  std::string_view endLabel() {
    const std::size_t length = wire_.size() - start_ - 1;
    if (length == 0) return "it has an empty label";
    if (length > kMaxLabelLength) return "a label is longer than 63 bytes";
    wire_[start_] = static_cast<char>(length);
    start_ = wire_.size();
    wire_.push_back('\0');
    return {};
  }
  [[nodiscard]] bool inLabel() const { return wire_.size() > start_ + 1; }

 private:
  std::string& wire_;
  std::size_t start_ = 0;
};

Name reverseIPv4(const unsigned char* bytes) {
  return Name(format("{}.{}.{}.{}.in-addr.arpa", bytes[3], bytes[2], bytes[1], bytes[0]));
}

Name reverseIPv6(const unsigned char* bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (int i = 15; i >= 0; --i) {
    text += {kDigits[bytes[i] & 15], '.', kDigits[bytes[i] >> 4], '.'};
  }
  return Name(text + "ip6.arpa");
}

}  // namespace

Name::Name(std::string_view text) : Name(parse(text).value()) {}

Result<Name> Name::parse(std::string_view text, const Name* origin) {
  Name name;
  if (text == "." || (text.empty() && origin == nullptr)) return name;
  if (text.empty()) return bad(text, "it is empty");
  name.wire_.clear();
  Builder builder(name.wire_);
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at++];
    if (c == '.') {
      if (const auto wrong = builder.endLabel(); !wrong.empty()) return bad(text, wrong);
    } else if (c == '\\') {
      const auto byte = unescape(text, at);
      if (!byte) return bad(text, "an escape is neither \\X nor \\DDD up to \\255");
      builder.add(*byte);
    } else {
      builder.add(c);
    }
    if (name.wire_.size() > kMaxNameLength + 1) return bad(text, "it is longer than 255 bytes");
  }
  if (builder.inLabel()) {
    if (const auto wrong = builder.endLabel(); !wrong.empty()) return bad(text, wrong);
    if (origin != nullptr) {
      name.wire_.pop_back();
      name.wire_ += origin->wire_;
    }
  }
  if (name.wire_.size() > kMaxNameLength) return bad(text, "it is longer than 255 bytes");
  return name;
}

Name Name::fromWire(std::string_view wire) {
  Name name;
  name.wire_.assign(wire);
  return name;
}

Result<Name> Name::reverse(std::string_view literal) {
  const std::string text(literal);
  std::array<unsigned char, 16> bytes{};
  if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return reverseIPv4(bytes.data());
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return reverseIPv6(bytes.data());
  return Failure(FormatError(format("{} is no IP address", quoteBytes(literal))));
}

std::size_t Name::labels() const noexcept { return wire::countLabels(wire_); }

std::string_view Name::firstLabel() const noexcept {
  return std::string_view(wire_).substr(1, static_cast<unsigned char>(wire_[0]));
}

Name Name::parent() const {
  if (isRoot()) return *this;
  return fromWire(std::string_view(wire_).substr(static_cast<unsigned char>(wire_[0]) + 1U));
}

Result<Name> Name::child(std::string_view label) const {
  if (label.empty() || label.size() > kMaxLabelLength) {
    return Failure(FormatError(format("{} cannot be a label: it has {} bytes, of 1 to 63",
                                      quoteBytes(label), label.size())));
  }
  if (label.size() + 1 + wire_.size() > kMaxNameLength) {
    return Failure(
        FormatError(format("{} below {} is longer than 255 bytes", quoteBytes(label), *this)));
  }
  std::string joined(1, static_cast<char>(label.size()));
  joined.append(label).append(wire_);
  return fromWire(joined);
}

bool Name::isBelow(const Name& ancestor) const noexcept {
  return wire::isBelow(wire_, ancestor.wire_);
}

Result<Name> Name::replaceEnding(const Name& from, const Name& to) const {
  const std::size_t kept = wire_.size() - from.wire_.size();
  if (kept + to.wire_.size() > kMaxNameLength) {
    return Failure(FormatError(
        format("{} with {} in the place of {} is longer than 255 bytes", *this, to, from)));
  }
  return fromWire(wire_.substr(0, kept) + to.wire_);
}

Name Name::lowerCased() const {
  Name lower = *this;
  wire::lowerName(wire_, lower.wire_.data());
  return lower;
}

bool operator==(const Name& a, const Name& b) noexcept {
  return wire::equalNames(a.wire_, b.wire_);
}

std::weak_ordering operator<=>(const Name& a, const Name& b) noexcept {
  return wire::compareNames(a.wire_, b.wire_);
}

std::string toText(const Name& name) { return wire::nameToText(name.wire()); }

}  // namespace ropewalk::dns
