// A response of HTTP/1.1 without a request: nobody has read one.
#include "use_https.h"

#include <string_view>

#include "ropewalk/core/base/format.h"

namespace ropewalk::http {

std::string useHttpsAnswer() {
  constexpr std::string_view kBody = "This port speaks TLS: use https:// instead of http:// here\n";
  return format(
      "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "Content-Length: {}\r\nConnection: close\r\n\r\n{}",
      kBody.size(), kBody);
}

}  // namespace ropewalk::http
