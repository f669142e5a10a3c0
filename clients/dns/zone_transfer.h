// lookupZone and lookupZoneChanges: all records of a zone by AXFR, or what has changed by IXFR.
// RFC 5936, RFC 1995, RFC 8945 (TSIG), RFC 9103 (over TLS).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/base/set_option.h"
#include "ropewalk/protocols/dns/message.h"
#include "ropewalk/protocols/dns/tsig.h"
#include "ropewalk/ssl/context.h"

namespace ropewalk {
class Reactor;
}

namespace ropewalk::dns {

class ZoneTransferOptions {
 public:
  /// A ServerAddress; "192.0.2.1" and tcp:// mean TCP, tls:// TLS. Empty: the zone's primary, as
  /// its SOA names it.
  ZoneTransferOptions& server(std::string value) {
    return setOption(*this, server_, std::move(value));
  }
  [[nodiscard]] const std::string& server() const noexcept { return server_; }
  /// Signs the question; every answer must be signed then.
  ZoneTransferOptions& key(TsigKey value) { return setOption(*this, key_, std::move(value)); }
  [[nodiscard]] const std::optional<TsigKey>& key() const noexcept { return key_; }
  /// 1,000,000; past it ResolverError.
  ZoneTransferOptions& maxRecords(std::size_t count) {
    return setOption(*this, maxRecords_, count);
  }
  [[nodiscard]] std::size_t maxRecords() const noexcept { return maxRecords_; }
  /// Of messages, 256 MiB; past it ResolverError.
  ZoneTransferOptions& maxBytes(std::size_t bytes) { return setOption(*this, maxBytes_, bytes); }
  [[nodiscard]] std::size_t maxBytes() const noexcept { return maxBytes_; }
  /// To connect, and between two messages: 30 s.
  ZoneTransferOptions& timeout(Duration value) { return setOption(*this, timeout_, value); }
  [[nodiscard]] Duration timeout() const noexcept { return timeout_; }
  /// For tls://.
  ZoneTransferOptions& tls(ssl::ClientOptions value) {
    return setOption(*this, tls_, std::move(value));
  }
  [[nodiscard]] const ssl::ClientOptions& tls() const noexcept { return tls_; }

 private:
  std::string server_;
  std::optional<TsigKey> key_;
  std::size_t maxRecords_ = 1'000'000;
  std::size_t maxBytes_ = 268'435'456;
  Duration timeout_ = std::chrono::seconds(30);
  ssl::ClientOptions tls_;
};

/// The records in the order they came, the SOA first; it is not repeated at the end. Cancellable.
///
/// Fails with DNSQueryRefusedError where the server does not give the zone to us, and its like;
/// with ResolverError when the transfer is no zone (it begins with no SOA, a record is not of the
/// zone, a signature is wrong); with ConnectError, ConnectionClosed, DNSQueryTimeoutError.
///
///     const auto options = dns::ZoneTransferOptions().server("192.0.2.1");
///     const std::vector<dns::Record> zone =
///         co_await dns::lookupZone(reactor, "example.org", options);
[[nodiscard]] Deferred<std::vector<Record>> lookupZone(
    Reactor& reactor, std::string zone, ZoneTransferOptions options = ZoneTransferOptions());
/// On the thread's default reactor.
[[nodiscard]] Deferred<std::vector<Record>> lookupZone(
    std::string zone, ZoneTransferOptions options = ZoneTransferOptions());

/// What has become of a zone.
struct ZoneUpdate {
  enum class Form : std::uint8_t {
    upToDate,  ///< there is nothing newer
    changes,   ///< steps
    whole,     ///< records: what a server may always answer with
  };
  /// From one version to the next.
  struct Step {
    std::vector<Record> removed{};  ///< the old SOA first
    std::vector<Record> added{};    ///< the new SOA first
  };

  Form form = Form::upToDate;
  Record soa{};                   ///< of the server's version
  std::vector<Step> steps{};      ///< oldest first
  std::vector<Record> records{};  ///< the SOA first
};

/// What has changed since the version with this serial, by IXFR. As lookupZone() otherwise;
/// DNSNotImplementedError and DNSFormatError are what old servers say that have no IXFR.
[[nodiscard]] Deferred<ZoneUpdate> lookupZoneChanges(Reactor& reactor, std::string zone,
                                                     std::uint32_t serial,
                                                     ZoneTransferOptions options);

}  // namespace ropewalk::dns
