// Entity tags, and whether a conditional request goes on. RFC 9110 §8.8.3, §13.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "field_line.h"
#include "message.h"

namespace ropewalk::http {

/// `"abc"` or `W/"abc"`. A view into the text that was parsed.
struct EntityTag {
  std::string_view opaque;  // without the quotes
  bool weak = false;
};
/// @return nothing when malformed
[[nodiscard]] std::optional<EntityTag> parseEntityTag(std::string_view text) noexcept;
/// Text as an entity tag. opaque must hold no quote, space or control character.
[[nodiscard]] std::string entityTag(std::string_view opaque, bool weak = false);

/// Whether two tags are the same by the comparison of RFC 9110 §8.8.3.2. A malformed tag matches
/// nothing.
[[nodiscard]] bool strongMatch(std::string_view a, std::string_view b) noexcept;
[[nodiscard]] bool weakMatch(std::string_view a, std::string_view b) noexcept;

/// What the server knows of the representation that a request selects.
struct Validators {
  std::string_view etag;                     // as it would be sent, quotes and all; empty: none
  std::optional<std::int64_t> lastModified;  // seconds since 1970
  bool exists = true;                        // false: nothing is there yet (PUT)
};

enum class Precondition : std::uint8_t {
  proceed,      // do the method; a Range counts
  ignoreRange,  // do the method as if there were no Range
  notModified,  // 304
  failed,       // 412
};

/// Evaluates If-Match, If-Unmodified-Since, If-None-Match, If-Modified-Since and If-Range in the
/// order of RFC 9110 §13.2.2.
/// @param now  seconds since 1970: places two-digit years, and tells whether a Last-Modified is
///             old enough to be strong (§8.8.2.2)
[[nodiscard]] Precondition evaluatePreconditions(Method method, const FieldLines& fields,
                                                 const Validators& current, std::int64_t now);

}  // namespace ropewalk::http
