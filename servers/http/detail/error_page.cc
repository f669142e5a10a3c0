// The line and the page; which of them, by the Accept field. RFC 9110 §12.5.1.
#include "error_page.h"

#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/http/field_values.h"
#include "ropewalk/servers/http/request.h"

namespace ropewalk::http {

namespace {

constexpr std::string_view kPage =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n<title>{0} {1}</title>\n"
    "<style>:root{{color-scheme:light dark}}body{{font:16px/1.5 system-ui,sans-serif;margin:20vh "
    "auto 0;"
    "max-width:34em;padding:0 1em}}h1{{font-size:1.4em}}</style>\n<h1>{0} "
    "{1}</h1>\n<p>{2}</p>\n</html>\n";

/// Browsers do; command-line clients accept anything.
bool wantsHtml(const Request& request) {
  return prefers(request.headers(), "text/html", "text/plain");
}

}  // namespace

std::string errorLine(int status, std::string_view message) {
  if (message.empty()) return format("{} {}\n", status, reasonPhrase(status));
  return format("{} {}: {}\n", status, reasonPhrase(status), message);
}

Response defaultErrorPage(Request& request, int status, std::string_view message) {
  Response response(status);
  if (!wantsHtml(request)) return std::move(response.text(errorLine(status, message)));
  return std::move(response.html(format(kPage, status, reasonPhrase(status), htmlEscape(message)))
                       .header("X-Content-Type-Options", "nosniff"));
}

}  // namespace ropewalk::http
