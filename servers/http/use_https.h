// What a browser is told that was sent to the port of HTTPS with http://. RFC 9110 §15.5.1.
#pragma once

#include <string>

namespace ropewalk::http {

/// A whole response, for ssl::ServerOptions::plaintextAnswer: 400, "use https:// … here".
///
///     const auto context = ssl::Context::server(
///         {.development = true, .plaintextAnswer = http::useHttpsAnswer()});
[[nodiscard]] std::string useHttpsAnswer();

}  // namespace ropewalk::http
