// Dates, ranges, entity tags, lists and media types: no input may hurt, and what is written must
// read back.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ropewalk/protocols/http/date.h"
#include "ropewalk/protocols/http/etag.h"
#include "ropewalk/protocols/http/field_values.h"
#include "ropewalk/protocols/http/mime.h"
#include "ropewalk/protocols/http/range.h"

namespace http = ropewalk::http;

namespace {

constexpr std::int64_t kNow = 1795000000;

void require(bool holds) {
  if (!holds) std::abort();
}

void checkDate(std::string_view text) {
  if (const auto date = http::parseDate(text, kNow))
    require(http::parseDate(http::formatDate(*date)) == date);
}

void checkRange(std::string_view text, std::uint64_t size) {
  const auto selection = http::selectRanges(text, size);
  require((selection.kind == http::RangeSelection::Kind::partial) == !selection.ranges.empty());
  std::uint64_t total = 0;
  for (const auto& range : selection.ranges) {
    require(range.first <= range.last && range.last < size);
    total += range.size();
    const auto again = http::parseContentRange(http::contentRange(range, size));
    require(again && again->range == range && again->size == size);
  }
  require(total <= size);  // joined: no byte is sent twice
  if (const auto range = http::parseContentRange(text); range && range->range)
    require(range->range->size() > 0);
}

void checkFieldValues(std::string_view text) {
  http::forEachListItem(
      text, [](std::string_view item) { require(!item.empty() && http::trimOws(item) == item); });
  require(http::unquote(http::quote("x")) == "x");
  if (const auto type = http::MediaType::parse(text)) {
    const auto again = http::MediaType::parse(toText(*type));
    require(again.has_value() && again->type == type->type &&
            again->parameters.size() == type->parameters.size());
    (void)http::acceptWeight(text, *type);
  }
  for (const auto& item : http::parseWeightedList(text))
    require(item.weight >= 0 && item.weight <= 1000);
}

void checkPreconditions(std::string_view text) {
  const http::FieldLine lines[] = {{"If-Match", text},
                                   {"If-None-Match", text},
                                   {"If-Modified-Since", text},
                                   {"If-Range", text},
                                   {"Range", text}};
  const http::Validators current{"\"a\"", 784111777};
  for (const auto& line : lines) {
    const http::FieldLine one[] = {line};
    (void)http::evaluatePreconditions(http::Method::get, http::FieldLines(one), current, kNow);
  }
  if (http::parseEntityTag(text)) require(http::weakMatch(text, text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  checkDate(text);
  for (const std::uint64_t total :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1000}, std::uint64_t{INT64_MAX}})
    checkRange(text, total);
  checkFieldValues(text);
  checkPreconditions(text);
  (void)http::mediaTypeForPath(text);
  return 0;
}
