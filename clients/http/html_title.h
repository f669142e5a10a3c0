// The title of an HTML page, without a parser: enough for a list of links or a log.
#pragma once

#include <string>
#include <string_view>

namespace ropewalk::http {

/// The text of the first title element, looked for in the first 64 KiB: numeric and the five XML
/// entities undone, white space collapsed, control characters dropped, cut at 1 KiB (never inside a
/// UTF-8 sequence). Linear, never throws on input.
[[nodiscard]] std::string htmlTitle(std::string_view html);

}  // namespace ropewalk::http
