// lookupZone: all records of a zone, by AXFR. RFC 5936, RFC 8945 (TSIG), RFC 9103 (over TLS).
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/protocols/dns/message.h"
#include "ropewalk/protocols/dns/tsig.h"
#include "ropewalk/ssl/context.h"

namespace ropewalk {
class Reactor;
}

namespace ropewalk::dns {

struct ZoneTransferOptions {
  /// A ServerAddress; "192.0.2.1" and tcp:// mean TCP, tls:// TLS. Empty: the zone's primary, as
  /// its SOA names it.
  std::string server{};
  std::optional<TsigKey> key{};        ///< signs the question; every answer must be signed then
  std::size_t maxRecords = 1'000'000;  ///< past it ResolverError
  std::size_t maxBytes = 268'435'456;  ///< of messages; past it ResolverError
  Duration timeout = std::chrono::seconds(30);  ///< to connect, and between two messages
  ssl::ClientOptions tls{};
  /// For tests: seconds since 1970, for signatures; null: the system's clock.
  std::uint64_t (*unixTime)() = nullptr;
};

/// The records in the order they came, the SOA first; it is not repeated at the end. Cancellable.
///
/// Fails with DNSQueryRefusedError where the server does not give the zone to us, and its like;
/// with ResolverError when the transfer is no zone (it begins with no SOA, a record is not of the
/// zone, a signature is wrong); with ConnectError, ConnectionClosed, DNSQueryTimeoutError.
[[nodiscard]] Deferred<std::vector<Record>> lookupZone(Reactor& reactor, std::string zone,
                                                       ZoneTransferOptions options = {});
/// On the thread's default reactor.
[[nodiscard]] Deferred<std::vector<Record>> lookupZone(std::string zone,
                                                       ZoneTransferOptions options = {});

}  // namespace ropewalk::dns
