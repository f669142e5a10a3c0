// A site and one connection to it without a socket, on a clock that stands still.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ropewalk/core/testing/clock.h"
#include "ropewalk/core/testing/string_transport.h"
#include "ropewalk/servers/http/http.h"

namespace ropewalk::http {

inline std::int64_t sundayIn1994() { return 784111777; }

inline constexpr std::string_view kDateLine = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

/// A Site whose time is the test's.
struct TestSite {
  std::unique_ptr<testing::Clock> ownClock = std::make_unique<testing::Clock>();
  testing::Clock& clock = *ownClock;
  std::shared_ptr<Site> site;

  explicit TestSite(SiteOptions options = {}) {
    options.clock = &clock;
    options.unixTime = &sundayIn1994;
    site = std::make_shared<Site>(std::move(options));
  }
  Site* operator->() const { return site.get(); }
};

/// One connection to it.
struct Wire {
  testing::StringTransport transport;
  std::unique_ptr<Protocol> channel;

  explicit Wire(TestSite& site) : Wire(*site.site) {}
  explicit Wire(Site& site) : channel(site.buildProtocol(Address::IPv4("192.0.2.1", 4000))) {
    transport.setPeer(Address::IPv4("192.0.2.1", 4000));
    transport.connect(*channel);
  }
  ~Wire() { transport.lose(); }

  /// Sends bytes, and gives what was answered at once.
  std::string ask(std::string_view bytes) {
    send(bytes);
    return transport.take();
  }
  void send(std::string_view bytes) {
    if (!bytes.empty()) channel->dataReceived(bytes);
  }
  /// "GET path HTTP/1.1" and its answer.
  std::string get(std::string_view path, std::string_view fields = "") {
    return ask(format("GET {} HTTP/1.1\r\nHost: h\r\n{}\r\n", path, fields));
  }
  bool closed() const { return transport.disconnecting(); }
  bool halfClosed() const { return transport.writeConnectionClosed(); }
};

/// The status of the first response in bytes; 0 when there is none.
inline int statusOf(std::string_view response) {
  if (!response.starts_with("HTTP/1.1 ") || response.size() < 12) return 0;
  return (response[9] - '0') * 100 + (response[10] - '0') * 10 + (response[11] - '0');
}

inline std::string bodyOf(const std::string& response) {
  const std::size_t end = response.find("\r\n\r\n");
  return end == std::string::npos ? "" : response.substr(end + 4);
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

inline std::size_t countOf(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

}  // namespace ropewalk::http
