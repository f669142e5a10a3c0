// Proxies: which one a request goes through, if any. The variables of the environment that curl and
// Go know: http_proxy, HTTPS_PROXY, ALL_PROXY, NO_PROXY.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "origin.h"
#include "ropewalk/core/base/result.h"
#include "ropewalk/core/net/network.h"

namespace ropewalk::http {

/// Where a proxy is, and how one is let in.
struct Proxy {
  Origin origin;                ///< scheme http, or https: TLS to the proxy itself
  std::string authorization{};  ///< of a Proxy-Authorization field: "Basic …" (RFC 7617), or ""
  friend bool operator==(const Proxy&, const Proxy&) = default;
};

/// Parses "http://user:password@host:port"; without a scheme it is http, without a port 1080 as in
/// curl (443 for https). Failure: InvalidUrl, which never shows a password.
[[nodiscard]] Result<Proxy> parseProxy(std::string_view url);
/// Without user and password.
[[nodiscard]] std::string toText(const Proxy& proxy);

/// The hosts that are asked directly: what NO_PROXY says. A list, with commas or spaces between:
///
///     example.org   ─▶ it, and all names below it; .example.org and *.example.org are the same
///     192.0.2.1     ─▶ an address; 192.0.2.0/24, 2001:db8::/32 a network; [::1] too
///     host:8080     ─▶ any of these with a port: only that port
///     *             ─▶ everything
///
/// An address is compared with addresses only: names are not resolved for it.
class NoProxy {
 public:
  NoProxy() = default;
  explicit NoProxy(std::string_view list);
  /// @param host  without brackets; case and a dot at its end do not matter
  [[nodiscard]] bool covers(std::string_view host, std::uint16_t port) const;

 private:
  struct Rule {
    bool everything = false;
    std::string name{};  // lower case, without dots around it; or
    std::optional<Network> network{};
    std::uint16_t port = 0;
  };
  [[nodiscard]] static std::optional<Rule> parse(std::string_view text);
  [[nodiscard]] static bool matches(const Rule& rule, std::string_view host,
                                    const Address& address);

  std::vector<Rule> rules_;
};

/// Which proxy an origin is asked through. A value; empty: none.
///
///     http::Agent direct(reactor);
///     http::Agent one(reactor, {.proxies = http::Proxies::through("http://proxy.example:3128")});
///     http::Agent asInCurl(reactor, {.proxies = http::Proxies::fromEnvironment()});
class Proxies {
 public:
  Proxies() = default;
  /// One for http and https, but not for what `except` (NoProxy) covers. Throws InvalidUrl.
  [[nodiscard]] static Proxies through(std::string_view url, std::string_view except = "");
  /// As the variables say. For https: https_proxy, HTTPS_PROXY; for http: http_proxy in lower case
  /// only, since HTTP_PROXY is what a CGI makes of a Proxy field that somebody sent
  /// (CVE-2016-5385); else all_proxy, ALL_PROXY; but not for what no_proxy, NO_PROXY covers, nor
  /// for localhost and loopback addresses. A value that is no URL of a proxy fails the requests
  /// that would go there.
  [[nodiscard]] static Proxies fromEnvironment();
  /// The same with a lookup of one's own; it gives null or "" for what is not set.
  [[nodiscard]] static Proxies fromEnvironment(
      const std::function<const char*(const char* name)>& variable);

  /// Everything is asked directly.
  [[nodiscard]] bool empty() const noexcept { return !http_ && !https_; }
  /// The proxy, or null: asked directly. Lives as long as this.
  /// @return Failure: InvalidUrl, where what was configured cannot be used
  [[nodiscard]] Result<const Proxy*> of(const Origin& origin) const;

 private:
  std::optional<Result<Proxy>> http_;
  std::optional<Result<Proxy>> https_;
  NoProxy except_;
  bool loopback_ = true;  // local hosts go through it too
};

}  // namespace ropewalk::http
