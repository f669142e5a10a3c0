// Entity tags and preconditions. RFC 9110 §8.8.3, §13.
#include "etag.h"

#include <algorithm>

#include "date.h"
#include "grammar.h"

namespace ropewalk::http {
namespace {

bool isTagChar(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != 0x7f && c != '"';
}

// The size of the entity tag at the front of text; 0 when there is none. A backslash in a tag
// escapes nothing.
std::size_t tagSize(std::string_view text) noexcept {
  std::size_t at = text.starts_with("W/") ? 2 : 0;
  if (at >= text.size() || text[at] != '"') return 0;
  for (++at; at < text.size() && isTagChar(text[at]); ++at) {
  }
  return at < text.size() && text[at] == '"' ? at + 1 : 0;
}

// The first malformed element ends the list: what follows cannot be told apart for certain.
template <class Matches>
bool anyTag(std::string_view list, Matches matches) {
  while (true) {
    while (!list.empty() && (isOws(list[0]) || list[0] == ',')) list.remove_prefix(1);
    const std::size_t size = tagSize(list);
    if (size == 0) return false;
    if (matches(list.substr(0, size))) return true;
    list.remove_prefix(size);
  }
}

// Whether any line of the field names the current representation.
bool listed(const FieldLines& fields, std::string_view name, const Validators& current,
            bool (*match)(std::string_view, std::string_view) noexcept) {
  return std::any_of(fields.begin(), fields.end(), [&](const FieldLine& line) {
    if (!equalIgnoreCase(line.name, name)) return false;
    if (line.value == "*") return current.exists;
    return current.exists &&
           anyTag(line.value, [&](std::string_view tag) { return match(tag, current.etag); });
  });
}

// Whether the representation changed after the date in the field; nothing when the field does not
// count.
std::optional<bool> modifiedSince(const FieldLines& fields, std::string_view name,
                                  const Validators& current, std::int64_t now) {
  const auto value = fields.single(name);  // RFC 9110 §13.1.3, §13.1.4: one date or none
  if (!value || !current.lastModified) return std::nullopt;
  const auto date = parseDate(*value, now);
  if (!date) return std::nullopt;
  return *current.lastModified > *date;
}

// RFC 9110 §13.1.5. A date counts only when it must be that of this very representation (§8.8.2.2).
// Two may be of the same second, and who was given an entity tag must not send a date: so there it
// counts for nothing, which costs a whole answer where a part might have done.
bool ifRangeHolds(std::string_view value, const Validators& current, std::int64_t now) {
  if (parseEntityTag(value)) return strongMatch(value, current.etag);
  if (!current.etag.empty()) return false;
  const auto date = parseDate(value, now);
  return date && current.lastModified && *date == *current.lastModified &&
         *current.lastModified < now;
}

}  // namespace

std::optional<EntityTag> parseEntityTag(std::string_view text) noexcept {
  if (tagSize(text) == 0 || tagSize(text) != text.size()) return std::nullopt;
  const bool weak = text[0] == 'W';
  const std::size_t begin = weak ? 3 : 1;
  return EntityTag{text.substr(begin, text.size() - begin - 1), weak};
}

std::string entityTag(std::string_view opaque, bool weak) {
  std::string tag = weak ? "W/\"" : "\"";
  return tag.append(opaque).append("\"");
}

bool strongMatch(std::string_view a, std::string_view b) noexcept {
  const auto first = parseEntityTag(a);
  const auto second = parseEntityTag(b);
  return first && second && !first->weak && !second->weak && first->opaque == second->opaque;
}

bool weakMatch(std::string_view a, std::string_view b) noexcept {
  const auto first = parseEntityTag(a);
  const auto second = parseEntityTag(b);
  return first && second && first->opaque == second->opaque;
}

Precondition evaluatePreconditions(Method method, const FieldLines& fields,
                                   const Validators& current, std::int64_t now) {
  const bool reads = method == Method::get || method == Method::head;
  if (fields.has("If-Match")) {
    if (!listed(fields, "If-Match", current, strongMatch)) return Precondition::failed;
  } else if (modifiedSince(fields, "If-Unmodified-Since", current, now).value_or(false)) {
    return Precondition::failed;
  }
  if (fields.has("If-None-Match")) {
    if (listed(fields, "If-None-Match", current, weakMatch)) {
      return reads ? Precondition::notModified : Precondition::failed;
    }
  } else if (reads && !modifiedSince(fields, "If-Modified-Since", current, now).value_or(true)) {
    return Precondition::notModified;
  }
  if (method == Method::get && fields.has("If-Range") && fields.has("Range") &&
      !ifRangeHolds(fields.single("If-Range").value_or(""), current, now)) {
    return Precondition::ignoreRange;
  }
  return Precondition::proceed;
}

}  // namespace ropewalk::http
