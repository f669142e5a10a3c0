// Names for requests, for logs.
#pragma once

#include <string>
#include <string_view>

namespace ropewalk::http {

/// "5f3a9c01-1a": a random prefix for this run of the program, and a number. Any thread.
[[nodiscard]] std::string makeRequestId();
/// Whether a client's X-Request-Id may be taken over: 1 … 64 letters, digits, ".", "_", "-" and the
/// like that no log needs to escape.
[[nodiscard]] bool isRequestId(std::string_view text) noexcept;

}  // namespace ropewalk::http
