// The PROXY protocol, the sending side: who is really there, told to the server behind us.
// HAProxy's proxy-protocol.txt, versions 1 and 2.
#pragma once

#include <cstdint>
#include <string>

#include "ropewalk/core/net/address.h"

namespace ropewalk {

/// What a header tells besides the addresses; version 2 only. Empty means not told.
struct ProxyDetails {
  std::string alpn{};        ///< PP2_TYPE_ALPN: "h2"
  std::string authority{};   ///< PP2_TYPE_AUTHORITY: the name asked for by SNI
  std::string tlsVersion{};  ///< PP2_SUBTYPE_SSL_VERSION: "TLSv1.3"; without it there was no TLS
  std::string cipher{};      ///< PP2_SUBTYPE_SSL_CIPHER
  std::string commonName{};  ///< PP2_SUBTYPE_SSL_CN: of the client's certificate
  bool certificate = false;  ///< the client showed a certificate on this connection
  bool verified = false;     ///< and it was verified
};

/// Version 1 (§2.1): "PROXY TCP4 192.0.2.1 192.0.2.2 4711 443\r\n". Addresses that are not of one
/// IP family are UNKNOWN.
[[nodiscard]] std::string proxyHeaderV1(const Address& source, const Address& destination);
/// Version 2 (§2.2): binary. UNIX paths are cut at 107 bytes; addresses of two families are UNSPEC.
[[nodiscard]] std::string proxyHeaderV2(const Address& source, const Address& destination,
                                        const ProxyDetails& details = ProxyDetails());

}  // namespace ropewalk
