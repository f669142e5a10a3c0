// Byte ranges. RFC 9110 §14.
#include "range.h"

#include <algorithm>

#include "field_values.h"
#include "grammar.h"

namespace ropewalk::http {
namespace {

// Two ranges nearer than this are cheaper to send as one: about what the head of a part takes
// (RFC 9110 §15.3.7.2).
constexpr std::uint64_t kJoinGap = 80;

// 1*DIGIT. A number beyond 64 bits lies beyond the end of everything, which is all that one needs
// to know.
std::optional<std::uint64_t> parsePosition(std::string_view digits) noexcept {
  if (digits.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : digits) {
    if (!isDigit(c)) return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    value = value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : value * 10 + digit;
  }
  return value;
}

struct RangeSpec {
  bool valid = false;
  std::optional<ByteRange> range;  // absent: unsatisfiable
};

// `first-`, `first-last` or `-suffix` against a representation of that many bytes.
RangeSpec parseSpec(std::string_view text, std::uint64_t size) noexcept {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return {};
  const auto first = parsePosition(text.substr(0, dash));
  const auto last = parsePosition(text.substr(dash + 1));
  if (dash == 0) {
    if (!last) return {};
    if (*last == 0) return {true, std::nullopt};
    return {true, ByteRange{*last >= size ? 0 : size - *last, size - 1}};
  }
  if (!first || (dash + 1 < text.size() && !last) || (last && *last < *first)) return {};
  if (*first >= size) return {true, std::nullopt};
  return {true, ByteRange{*first, std::min(last.value_or(UINT64_MAX), size - 1)}};
}

bool touch(const ByteRange& a, const ByteRange& b) noexcept {
  const ByteRange& low = a.first <= b.first ? a : b;
  const ByteRange& high = a.first <= b.first ? b : a;
  return high.first <= low.last || high.first - low.last <= kJoinGap;
}

// Adds a range, joined with all that it touches, in the place of the first of these.
void join(std::vector<ByteRange>& ranges, ByteRange range) {
  std::size_t place = ranges.size();
  for (std::size_t i = 0; i < ranges.size();) {
    if (!touch(ranges[i], range)) {
      ++i;
      continue;
    }
    range = {std::min(range.first, ranges[i].first), std::max(range.last, ranges[i].last)};
    ranges.erase(ranges.begin() + static_cast<std::ptrdiff_t>(i));
    place = std::min(place, i);
    i = 0;  // it has grown: it may touch one that it did not touch before
  }
  place = std::min(place, ranges.size());
  ranges.insert(ranges.begin() + static_cast<std::ptrdiff_t>(place), range);
}

}  // namespace

RangeSelection selectRanges(std::string_view value, std::uint64_t size, std::size_t maxRanges) {
  if (size == 0) return {};  // no part of it can be named, and all of it fits every part
  const std::size_t equals = value.find('=');
  if (equals == std::string_view::npos ||
      !equalIgnoreCase(trimOws(value.substr(0, equals)), "bytes"))
    return {};
  std::string_view rest = value.substr(equals + 1);
  RangeSelection selection;
  std::size_t asked = 0;
  for (std::string_view item; nextListItem(rest, item);) {
    const RangeSpec spec = parseSpec(item, size);
    if (!spec.valid || ++asked > maxRanges) return {};
    if (spec.range) join(selection.ranges, *spec.range);
  }
  if (asked == 0) return {};
  selection.kind = selection.ranges.empty() ? RangeSelection::Kind::unsatisfiable
                                            : RangeSelection::Kind::partial;
  return selection;
}

std::string contentRange(ByteRange range, std::uint64_t size) {
  return "bytes " + std::to_string(range.first) + '-' + std::to_string(range.last) + '/' +
         std::to_string(size);
}

std::string unsatisfiedContentRange(std::uint64_t size) {
  return "bytes */" + std::to_string(size);
}

std::optional<ContentRange> parseContentRange(std::string_view value) noexcept {
  constexpr std::string_view kUnit = "bytes ";
  if (!equalIgnoreCase(value.substr(0, kUnit.size()), kUnit)) return std::nullopt;
  value.remove_prefix(kUnit.size());
  const std::size_t slash = value.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view rangeText = value.substr(0, slash);
  const std::string_view sizeText = value.substr(slash + 1);
  ContentRange result;
  if (sizeText != "*") {
    result.size = parsePosition(sizeText);
    if (!result.size) return std::nullopt;
  }
  if (rangeText == "*") return result.size ? std::optional(result) : std::nullopt;
  const std::size_t dash = rangeText.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = parsePosition(rangeText.substr(0, dash));
  const auto last = parsePosition(rangeText.substr(dash + 1));
  if (!first || !last || *last < *first || *last == UINT64_MAX ||
      (result.size && *last >= *result.size))
    return std::nullopt;
  result.range = ByteRange{*first, *last};
  return result;
}

}  // namespace ropewalk::http
