// Entries gathered from a Request, and their two texts: Apache's combined format, and JSON.
#include "access_log.h"

#include <algorithm>
#include <ctime>

#include "json_value.h"
#include "request.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/base/timestamp.h"
#include "ropewalk/servers/http/detail/log.h"
#include "site.h"

namespace ropewalk::http {

namespace {

constexpr int kClientClosedRequest = 499;  // nginx's number for it; nobody registered one

/// "20/Nov/2026:10:11:12 +0000"
std::string logTime(std::int64_t unixTime) {
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = unixTime;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return format("{:02}/{}/{}:{:02}:{:02}:{:02} +0000", parts.tm_mday, kMonths[parts.tm_mon],
                1900 + parts.tm_year, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

/// What a client sent, between quotes: as Apache escapes it.
std::string escaped(std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  if (text.empty()) return "-";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (byte < 0x20 || byte >= 0x7f) {
      out += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    } else {
      out += c;
    }
  }
  return out;
}

void tell(Site& site, const AccessEntry& entry) noexcept {
  try {
    site.options().accessLog(entry);
  } catch (...) {
    kLog.error("the access log failed: {}", Failure::current());
  }
}

}  // namespace

std::string combinedLine(const AccessEntry& entry) {
  const std::string request = entry.method.empty()
                                  ? escaped(entry.refusedLine)
                                  : format("{} {} HTTP/1.{}", escaped(entry.method),
                                           escaped(entry.target), entry.httpMinor);
  return format("{} - - [{}] \"{}\" {} {} \"{}\" \"{}\"",
                entry.peer.host.empty() ? "-" : entry.peer.host, logTime(entry.unixTime), request,
                entry.status, entry.bytes, escaped(entry.referer), escaped(entry.userAgent));
}

std::string jsonLine(const AccessEntry& entry) {
  const Timestamp time = Timestamp::fromUnix(std::chrono::seconds(entry.unixTime));
  JsonValue line = {
      {"time", toTextUTC(time)},    {"peer", entry.peer.host},
      {"id", entry.requestId},      {"method", entry.method},
      {"target", entry.target},     {"host", entry.host},
      {"status", entry.status},     {"bytes", entry.bytes},
      {"complete", entry.complete}, {"ms", static_cast<double>(entry.took.count() / 1000) / 1000.0},
      {"referer", entry.referer},   {"agent", entry.userAgent}};
  if (!entry.refusedLine.empty()) line.set("line", entry.refusedLine);
  return std::move(line).text();
}

void logAccess(Request& request, const Delivery& delivery) {
  Site& site = request.site();
  if (!site.options().accessLog) return;
  AccessEntry entry;
  const RequestHead& head = request.head();
  entry.peer = delivery.peer;
  entry.unixTime = site.unixTime();
  entry.requestId = request.id();
  entry.method = head.methodText;
  entry.target = head.target;
  entry.httpMinor = head.version == Version::http10 ? 0 : 1;
  entry.status = request.writer_.opened() ? request.writer_.status() : kClientClosedRequest;
  entry.bytes = request.writer_.sent() - std::min(request.writer_.sent(), delivery.unsent);
  entry.complete = request.writer_.whole() && delivery.unsent == 0;
  entry.referer = head.fields.get("Referer").value_or("");
  entry.userAgent = head.fields.get("User-Agent").value_or("");
  entry.host = head.host;
  entry.took = delivery.now - request.started_;
  tell(site, entry);
}

void logRefusal(Site& site, const RefusedRequest& refusal) {
  if (!site.options().accessLog) return;
  AccessEntry entry;
  entry.peer = refusal.peer;
  entry.unixTime = site.unixTime();
  entry.status = refusal.status;
  entry.bytes = refusal.bytes;
  const std::string_view input = refusal.input;
  entry.refusedLine = input.substr(0, std::min(input.find_first_of("\r\n"), kMaxRefusedLine));
  tell(site, entry);
}

}  // namespace ropewalk::http
