// Address: where a stream or datagram comes from or goes to. A value.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "ropewalk/core/base/print.h"

namespace ropewalk {

/// An IPv4, IPv6 or UNIX address. `host` is the literal without brackets ("::1", with %scope
/// where it has one), or the path of a UNIX socket ("" for an unnamed one, a leading '@' for
/// Linux's abstract names).
struct Address {
  enum class Family : std::uint8_t { none, IPv4, IPv6, UNIX };

  Family family = Family::none;
  std::uint16_t port = 0;  ///< 0 for UNIX
  std::string host;

  Address() = default;
  Address(Family family, std::uint16_t port, std::string host)
      : family(family), port(port), host(std::move(host)) {}
  /// These three take `host` as it is; fromLiteral looks whether it is an address.
  static Address IPv4(std::string_view host, std::uint16_t port) {
    return {Family::IPv4, port, std::string(host)};
  }
  static Address IPv6(std::string_view host, std::uint16_t port) {
    return {Family::IPv6, port, std::string(host)};
  }
  static Address UNIX(std::string_view path) { return {Family::UNIX, 0, std::string(path)}; }

  /// The address that an IP literal names; family none when `literal` is no literal (a name, say).
  static Address fromLiteral(std::string_view literal, std::uint16_t port);

  /// 127.0.0.0/8, also mapped into IPv6, ::1, and every UNIX socket.
  [[nodiscard]] bool isLoopback() const;
  friend auto operator<=>(const Address&, const Address&) = default;
};

/// "192.0.2.1:80", "[::1]:80", "unix:/run/x.sock"; "nowhere" for family none.
std::string toText(const Address& address);

}  // namespace ropewalk

template <>
struct std::hash<ropewalk::Address> {
  std::size_t operator()(const ropewalk::Address& address) const noexcept {
    return std::hash<std::string>{}(address.host) * 31 + address.port;
  }
};
