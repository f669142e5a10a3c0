// HTTP dates. RFC 9110 §5.6.7.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ropewalk::http {

/// Of a date as writeDate() writes it, in bytes.
inline constexpr std::size_t kDateSize = 29;

/// Writes `Sun, 06 Nov 1994 08:49:37 GMT` to 29 bytes at out. No locale, no time zone.
/// @param time  seconds since 1970, years 0 … 9999; what lies outside is moved to the nearest end
void writeDate(char* out, std::int64_t time) noexcept;
/// The same as a string.
[[nodiscard]] std::string formatDate(std::int64_t time);

/// Reads IMF-fixdate, and the two obsolete forms that a recipient must accept: RFC 850
/// (`Sunday, 06-Nov-94 08:49:37 GMT`) and asctime (`Sun Nov  6 08:49:37 1994`). Strict: spelling,
/// ranges, days of the month; the day of the week must be one, and need not be the right one. A
/// leap second (:60) counts as the second after.
/// @param now  to place a two-digit year: more than 50 years ahead means the last century
/// @return seconds since 1970
[[nodiscard]] std::optional<std::int64_t> parseDate(std::string_view text,
                                                    std::int64_t now = 0) noexcept;

}  // namespace ropewalk::http
