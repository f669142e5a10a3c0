// What ropewalk fetch says of an answer: its head, where the time went, all of it as JSON.
#pragma once

#include <string>

#include "ropewalk/clients/http/http.h"

namespace ropewalk::app {

/// "HTTP/1.1 200 OK" and the fields, a line each.
[[nodiscard]] std::string headText(int status, const std::string& reason,
                                   const http::Headers& headers);
[[nodiscard]] std::string timingText(const http::Timing& timing);
/// "TLSv1.3, TLS_AES_128_GCM_SHA256: CN=…"; nothing in the clear.
[[nodiscard]] std::string tlsText(const http::TlsFacts* tls);
/// Everything as a JSON object. What is not UTF-8 in the body becomes U+FFFD.
[[nodiscard]] std::string jsonText(const http::Page& page);

}  // namespace ropewalk::app
