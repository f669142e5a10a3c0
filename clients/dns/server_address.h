// ServerAddress: where a name server is, and over which wire it is asked, as people write it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ropewalk::dns {

/// How questions travel. RFC 1035 §4.2, RFC 7858 (TLS), RFC 8484 (HTTPS).
enum class Wire : std::uint8_t { udp, tcp, tls, https };

/// A name server. A value.
///
///     192.0.2.1   192.0.2.1:5353   [::1]:5353   2001:db8::1        ─▶ UDP, TCP for long answers
///     udp://192.0.2.1                                              ─▶ the same
///     tcp://192.0.2.1                                              ─▶ TCP only
///     tls://dns.example.org   tls://192.0.2.1:853#dns.example.org  ─▶ TLS
///     https://dns.example.org/dns-query                            ─▶ HTTPS
///
/// UDP and TCP take literals only: who would look the name up? For tls:// and https:// a name is
/// looked up by the reactor's resolver.
struct ServerAddress {
  Wire wire = Wire::udp;
  std::string host{};  ///< without brackets
  std::uint16_t port = 53;
  std::string name{};  ///< that the certificate must be for: behind the #, else the host
  std::string url{};   ///< https only: all of it

  /// @throws InvalidAddressError that says what is wrong
  static ServerAddress parse(std::string_view text);
  friend bool operator==(const ServerAddress&, const ServerAddress&) = default;
};

/// As it could have been written: "192.0.2.1", "tls://[::1]:8853".
std::string toText(const ServerAddress& server);

}  // namespace ropewalk::dns
