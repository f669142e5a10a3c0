// Origin: whom a request is for, as far as connections go. RFC 6454 §4.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <utility>

namespace ropewalk::http {

/// A server, as far as connections to it may be shared.
struct Origin {
  std::string scheme;      // lower case
  std::string host;        // a name, or an address without brackets
  std::uint16_t port = 0;  // never 0

  Origin() = default;  // constructors, as it is awaited with
  Origin(std::string scheme, std::string host, std::uint16_t port)
      : scheme(std::move(scheme)), host(std::move(host)), port(port) {}
  friend auto operator<=>(const Origin&, const Origin&) = default;
};
/// "127.0.0.1:8080", "[::1]:80", "example.org:80".
[[nodiscard]] std::string toText(const Origin& origin);

}  // namespace ropewalk::http
