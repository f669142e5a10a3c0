// The pages of errors: a line for programs, a small page for browsers.
#pragma once

#include <string>
#include <string_view>

#include "ropewalk/servers/http/response.h"

namespace ropewalk::http {

class Request;

/// "404 Not Found\n", or "400 Bad Request: two Host fields\n".
[[nodiscard]] std::string errorLine(int status, std::string_view message);
/// HTML where the request accepts it by name (browsers do), else the line.
/// @param message  is escaped
[[nodiscard]] Response defaultErrorPage(Request& request, int status, std::string_view message);

}  // namespace ropewalk::http
