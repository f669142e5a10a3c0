// Heads, times and certificates as lines; a whole page as JSON.
#include "fetch_text.h"

#include <nlohmann/json.hpp>

#include "client_tls.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"

namespace ropewalk::app {

std::string headText(int status, const std::string& reason, const http::Headers& headers) {
  std::string text = format("HTTP/1.1 {} {}\n", status, reason);
  for (const auto& [name, value] : headers) text += format("{}: {}\n", name, value);
  return text;
}

std::string timingText(const http::Timing& timing) {
  return format("queued {}, dns {}, connect {}, tls {}, first byte {}, total {}{}\n",
                humanDuration(timing.queued), humanDuration(timing.dns),
                humanDuration(timing.connect), humanDuration(timing.tls),
                humanDuration(timing.firstByte), humanDuration(timing.total),
                timing.reused ? " (kept connection)" : "");
}

std::string tlsText(const http::TlsFacts* tls) {
  if (tls == nullptr) return "";
  return format("{}, {}{}: {}\n", tls->version, tls->cipher, tls->resumed ? ", resumed" : "",
                tls->certificate ? certificateLine(*tls->certificate) : "no certificate");
}

std::string jsonText(const http::Page& page) {
  using nlohmann::json;
  const auto seconds = [](Duration duration) {
    return std::chrono::duration<double>(duration).count();
  };
  json fields = json::array();
  for (const auto& [name, value] : page.headers)
    fields.push_back({std::string(name), std::string(value)});
  const json record = {{"url", page.url},
                       {"status", page.status},
                       {"reason", page.reason},
                       {"redirects", page.redirects},
                       {"headers", fields},
                       {"body", page.body},
                       {"timing",
                        {{"queued", seconds(page.timing.queued)},
                         {"dns", seconds(page.timing.dns)},
                         {"connect", seconds(page.timing.connect)},
                         {"tls", seconds(page.timing.tls)},
                         {"first_byte", seconds(page.timing.firstByte)},
                         {"total", seconds(page.timing.total)}}}};
  // What is not UTF-8 becomes U+FFFD: JSON cannot carry it.
  return record.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace ropewalk::app
