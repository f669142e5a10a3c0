// The PROXY protocol, the receiving side: who is really there. HAProxy's proxy-protocol.txt,
// versions 1 and 2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "ropewalk/core/net/address.h"
#include "write.h"

namespace ropewalk {

/// What a header says.
struct ProxyHeader {
  int version = 1;
  /// LOCAL (a health check of the proxy's own), or of unknown addresses: the connection's own
  /// addresses count.
  bool local = false;
  Address source{};
  Address destination{};
  ProxyDetails details{};
  std::string uniqueId{};  ///< PP2_TYPE_UNIQUE_ID, opaque
};

/// What readProxyHeader() found.
struct ProxyStep {
  enum class Kind : std::uint8_t { needMore, header, error };
  Kind kind = Kind::needMore;
  std::size_t consumed = 0;  ///< bytes of the header; what follows belongs to the connection
  ProxyHeader header{};
  std::string_view reason{};  ///< of an error: which field. Static text
};

/// Reads a header of either version from the start of a connection. Pass again what was not
/// enough, with more behind it. A version 1 line has at most 107 bytes (§2.1), a version 2 header
/// here at most 16 KiB. Unknown TLVs are passed over; a wrong checksum (PP2_TYPE_CRC32C) is an
/// error. Never throws.
///
///     const ProxyStep step = readProxyHeader(input);
///     if (step.kind == ProxyStep::Kind::header) input.remove_prefix(step.consumed);
[[nodiscard]] ProxyStep readProxyHeader(std::string_view input);

}  // namespace ropewalk
