// $GENERATE: a row of records from one line. BIND 9 Administrator Reference Manual, "BIND Primary
// File Extension: the $GENERATE Directive".
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/dns/detail/master_reader.h"
#include "ropewalk/protocols/dns/detail/presentation.h"

namespace ropewalk::dns::detail {

namespace {

constexpr std::size_t kMaxWidth = 255;  // no name has room for more

struct Range {
  std::uint32_t start = 0;
  std::uint32_t stop = 0;
  std::uint32_t step = 1;
};

/// start-stop or start-stop/step.
std::optional<Range> parseRange(std::string_view text) noexcept {
  const std::size_t slash = text.find('/');
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos || dash > slash) return std::nullopt;
  const auto start = parseNumber<std::uint32_t>(text.substr(0, dash));
  const auto stop = parseNumber<std::uint32_t>(text.substr(dash + 1, slash - dash - 1));
  std::optional<std::uint32_t> step = 1;
  if (slash != std::string_view::npos) step = parseNumber<std::uint32_t>(text.substr(slash + 1));
  if (!start || !stop || !step || *stop < *start || *stop > INT32_MAX || *step == 0) {
    return std::nullopt;
  }
  return Range{*start, *stop, *step};
}

/// ${offset,width,base}.
struct Modifiers {
  std::int64_t offset = 0;
  std::size_t width = 0;
  char base = 'd';
};

/// @param text  what stands between the braces
std::optional<Modifiers> parseModifiers(std::string_view text) noexcept {
  Modifiers modifiers;
  const std::size_t first = text.find(',');
  const auto offset = parseNumber<std::int32_t>(text.substr(0, first));
  if (!offset) return std::nullopt;
  modifiers.offset = *offset;
  if (first == std::string_view::npos) return modifiers;
  text.remove_prefix(first + 1);
  const std::size_t second = text.find(',');
  const auto width = parseNumber<std::uint16_t>(text.substr(0, second));
  if (!width || *width > kMaxWidth) return std::nullopt;
  modifiers.width = *width;
  if (second == std::string_view::npos) return modifiers;
  const std::string_view base = text.substr(second + 1);
  if (base.size() != 1 || std::string_view("doxXnN").find(base[0]) == std::string_view::npos) {
    return std::nullopt;
  }
  modifiers.base = base[0];
  return modifiers;
}

/// Nibbles, the lowest first, with dots between them; the width counts the dots.
void putNibbles(std::uint64_t value, std::size_t width, std::string_view digits, std::string& out) {
  for (;;) {
    out += digits[value & 15];
    value >>= 4;
    width -= width != 0 ? 1 : 0;
    if (width == 0 && value == 0) return;
    out += '.';
    width -= width != 0 ? 1 : 0;
    if (width == 0 && value == 0) return;
  }
}

void putNumber(std::int64_t value, const Modifiers& modifiers, std::string& out) {
  constexpr std::string_view kLower = "0123456789abcdef";
  constexpr std::string_view kUpper = "0123456789ABCDEF";
  const bool upper = modifiers.base == 'X' || modifiers.base == 'N';
  const std::string_view digits = upper ? kUpper : kLower;
  const auto size = static_cast<std::uint64_t>(value);
  if (lowerCase(modifiers.base) == 'n') return putNibbles(size, modifiers.width, digits, out);
  const unsigned base = modifiers.base == 'd' ? 10 : modifiers.base == 'o' ? 8 : 16;
  char text[24];
  std::size_t at = sizeof text;
  for (std::uint64_t rest = size; rest != 0 || at == sizeof text; rest /= base) {
    text[--at] = digits[rest % base];
  }
  const std::size_t length = sizeof text - at;
  if (length < modifiers.width) out.append(modifiers.width - length, '0');
  out.append(text + at, length);
}

/// One $ or ${…}; `at` is behind the $.
Complaint putIterator(std::string_view text, std::size_t& at, std::uint32_t value,
                      std::string& out) {
  Modifiers modifiers;
  if (at < text.size() && text[at] == '{') {
    const std::size_t close = text.find('}', at);
    if (close == std::string_view::npos) return "a brace is not closed";
    const auto parsed = parseModifiers(text.substr(at + 1, close - at - 1));
    if (!parsed) return "braces should hold offset,width,base with a base of d, o, x, X, n or N";
    modifiers = *parsed;
    at = close + 1;
  }
  if (value + modifiers.offset < 0) return "an offset leads below zero";
  putNumber(value + modifiers.offset, modifiers, out);
  return kFine;
}

/// Appends the word with the number in the place of each $. $$ is a dollar, as in old versions of
/// BIND; escapes stay as they are, for whoever reads the word next.
Complaint expand(std::string_view text, std::uint32_t value, std::string& out) {
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at++];
    if (c == '\\') {
      out += c;
      if (at < text.size()) out += text[at++];
    } else if (c != '$') {
      out += c;
    } else if (at < text.size() && text[at] == '$') {
      out += "\\$";
      ++at;
    } else if (const auto wrong = putIterator(text, at, value, out)) {
      return wrong;
    }
  }
  return kFine;
}

std::string cannot(const Word& word, std::string_view why) {
  return format("{} cannot be counted up: {}", quoteBytes(word.text), why);
}

/// BIND takes the data as one word, so it stands in quotes when it has blanks: MX "0 mail$". Where
/// quotes mean text, they are left to mean that.
bool isQuotedWhole(Type type, std::span<const Word> words) noexcept {
  if (words.size() != 1 || !words[0].quoted) return false;
  const Field first = fieldsOf(type)[0];
  return first != Field::string && first != Field::strings;
}

}  // namespace

Result<void> MasterReader::generateDirective(std::span<const Word> words) {
  if (words.size() < 3)
    return at(file_->lineEnd, "$GENERATE needs a range, a name, a type and data");
  const auto range = parseRange(words[1].text);
  if (!range) {
    return at(words[1], format("{} is no range: start-stop or start-stop/step, upwards",
                               quoteBytes(words[1].text)));
  }
  const std::uint64_t count = (std::uint64_t{range->stop} - range->start) / range->step + 1;
  if (count > options_.maxGenerated) {
    return at(words[1],
              format("{} records are more than the {} allowed", count, options_.maxGenerated));
  }
  auto right = words.subspan(3);
  const auto parsed = head(right);
  if (!parsed) return parsed.failure();
  const NameBuffer before = owner_;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto value = static_cast<std::uint32_t>(range->start + i * range->step);
    if (auto done = generate(value, *parsed, words[2], right); !done) return done;
  }
  owner_ = before;
  return {};
}

Result<void> MasterReader::generateOwner(std::uint32_t value, const Word& left) {
  generatedText_.clear();
  if (const auto why = expand(left.text, value, generatedText_))
    return at(left, cannot(left, *why));
  return name({generatedText_, left.quoted}, owner_, left);
}

Result<void> MasterReader::generate(std::uint32_t value, const Head& head, const Word& left,
                                    std::span<const Word> right) {
  if (auto done = generateOwner(value, left); !done) return done;
  // First all the text, then the views: it moves while it grows.
  generatedText_.clear();
  cuts_.clear();
  for (const Word& word : right) {
    if (const auto why = expand(word.text, value, generatedText_)) {
      return at(word, cannot(word, *why));
    }
    cuts_.push_back(generatedText_.size());
  }
  if (isQuotedWhole(head.type, right)) {
    LineScanner scanner(generatedText_);
    if (scanner.next() != LineScanner::Outcome::line)
      return at(right[0], "its quotes hold no data");
    return data(head, scanner.words(), right);
  }
  generated_.clear();
  for (std::size_t i = 0, begin = 0; i < right.size(); begin = cuts_[i++]) {
    generated_.push_back(
        {std::string_view(generatedText_).substr(begin, cuts_[i] - begin), right[i].quoted});
  }
  return data(head, generated_, right);
}

}  // namespace ropewalk::dns::detail
