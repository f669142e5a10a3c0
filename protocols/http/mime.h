// File names to media types. IANA media types registry.
#pragma once

#include <string_view>

namespace ropewalk::http {

inline constexpr std::string_view kDefaultMediaType = "application/octet-stream";

/// @param extension  without the dot, any case: "html"
/// @return `text/html; charset=utf-8`, static text; empty when unknown
[[nodiscard]] std::string_view mediaTypeForExtension(std::string_view extension) noexcept;
/// By the extension of the last segment of a path; kDefaultMediaType when there is none or it is
/// unknown.
[[nodiscard]] std::string_view mediaTypeForPath(std::string_view path) noexcept;

}  // namespace ropewalk::http
