// The access log: one entry a response, as a line or as fields. Apache's "combined" format; JSON
// lines.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ropewalk/core/async/timer_queue.h"
#include "ropewalk/core/base/unique_function.h"
#include "ropewalk/core/net/address.h"

namespace ropewalk::http {

class Request;
class Site;

/// One response. The views are good for the call.
struct AccessEntry {
  Address peer;
  std::int64_t unixTime = 0;
  std::string_view requestId;
  std::string_view method;  // empty for what was refused before it was a request
  std::string_view target;
  /// Of what was refused: its first line as it came, kMaxRefusedLine bytes of it at most.
  std::string_view refusedLine;
  int httpMinor = 1;        // HTTP/1.x
  int status = 0;           // 499: the client went away before there was one
  std::uint64_t bytes = 0;  // of body, as many as the kernel took
  bool complete = true;     // false: the connection ended in the middle of the answer
  std::string_view referer;
  std::string_view userAgent;
  std::string_view host;
  /// From the head of the request to the end of the answer being written; of more than 64 KiB,
  /// until the client has taken it.
  Duration took{};
};
inline constexpr std::size_t kMaxRefusedLine = 256;

/// What takes entries: write them wherever you like.
///
///     SiteOptions options;
///     options.accessLog = [](const http::AccessEntry& entry) {
///       log::info("{}", combinedLine(entry));
///     };
using AccessLog = UniqueFunction<void(const AccessEntry&)>;

/// `192.0.2.1 - - [20/Nov/2026:10:11:12 +0000] "GET / HTTP/1.1" 200 6 "-" "curl/7.88.1"`, without a
/// line end. What the client sent is escaped: no entry can look like two.
[[nodiscard]] std::string combinedLine(const AccessEntry& entry);
/// One JSON object, without a line end.
[[nodiscard]] std::string jsonLine(const AccessEntry& entry);

// For the server's own use.

/// How an answer went out.
struct Delivery {
  Address peer;
  TimePoint now{};
  std::uint64_t unsent = 0;  // bytes of it that will not reach the client
};
void logAccess(Request& request, const Delivery& delivery);
/// An answer to what is no request.
struct RefusedRequest {
  Address peer;
  int status = 0;
  std::uint64_t bytes = 0;  // of its body
  std::string_view input;   // what was refused, from its beginning
};
void logRefusal(Site& site, const RefusedRequest& refusal);

}  // namespace ropewalk::http
