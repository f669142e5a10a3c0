// Secondary: a zone that is kept the same as its primary's. RFC 1034 §4.3.5, RFC 1996, RFC 9103.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/async/lifetime.h"
#include "ropewalk/core/net/network_list.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/protocols/dns/tsig.h"
#include "ropewalk/servers/dns/responders/authority.h"

namespace ropewalk::dns {

namespace detail {
class TransferIn;
}

struct SecondaryOptions {
  /// "192.0.2.1", "[2001:db8::1]:5353", or an endpoint: "tls://ns.example:853?…". Asked in this
  /// order, until one answers.
  std::vector<std::string> primaries{};
  std::optional<TsigKey> key{};  ///< signs questions; answers must be signed with it, too
  NetworkList notifiers{};       ///< who may send NOTIFY, beside primaries that are IP addresses
  std::string file{};            ///< keeps a copy here, which is served at once after a restart
  bool incremental = true;       ///< IXFR where there is something to add to
  std::size_t maxRecords = 10'000'000;
  std::size_t maxBytes = std::size_t{2} << 30;
  Duration answerTimeout = std::chrono::seconds(30);  ///< from one message to the next
  Duration transferTimeout = std::chrono::hours(2);   ///< for one transfer
  Duration firstRetry = std::chrono::seconds(10);     ///< as long as there is no zone; doubled
  Duration leastWait = std::chrono::seconds(60);      ///< whatever the SOA says
  Duration mostWait = std::chrono::hours(24);         ///< the same
  Duration notifySpacing = std::chrono::seconds(1);   ///< NOTIFYs start no more refreshes than this
  Clock* clock = nullptr;  ///< for refresh, retry, expire; null: the reactor
};

/// Asks its primaries whether the zone is newer (SOA, then IXFR or AXFR, over one connection), at
/// the SOA's refresh, retry and when told by NOTIFY, and puts what it gets into an authority. When
/// none answered for the SOA's expire, the zone is taken away, and expired() is true. A zone is
/// built and written to disk on a thread of the reactor's pool.
///
/// One thread. Dies before the reactor; then it asks no more, and the zone stays in the authority.
///
///     Secondary secondary(reactor, authority, Name("example.test"), {.primaries = {"192.0.2.1"}});
///     secondary.start();
class Secondary {
 public:
  struct Counts {
    std::uint64_t refreshes = 0;  ///< questions that were answered
    std::uint64_t failures = 0;   ///< primaries that gave none, or a bad one
    std::uint64_t whole = 0;      ///< zones got by AXFR
    std::uint64_t incremental = 0;
    std::uint64_t notifies = 0;  ///< that started a refresh
  };

  /// Throws InvalidAddressError for a primary that is neither an address nor an endpoint;
  /// std::invalid_argument where there is none.
  Secondary(Reactor& reactor, std::shared_ptr<Authority> authority, Name apex,
            SecondaryOptions options);
  Secondary(const Secondary&) = delete;
  Secondary& operator=(const Secondary&) = delete;
  ~Secondary();

  /// Serves the copy on disk, if there is one that has not expired, and asks the primaries.
  void start();
  /// Asks now; during a refresh: once more after it.
  void refresh();
  /// A NOTIFY for this zone (RFC 1996 §3.10).
  /// @return NOERROR, or REFUSED for strangers
  Rcode notified(const Query& query);

  [[nodiscard]] const Name& apex() const noexcept { return apex_; }
  /// What is served; null before the first transfer, and after expiry.
  [[nodiscard]] const Authority::ZonePointer& zone() const noexcept { return zone_; }
  [[nodiscard]] bool expired() const noexcept { return expired_; }
  [[nodiscard]] bool refreshing() const noexcept { return refreshing_; }
  [[nodiscard]] const Counts& counts() const noexcept { return counts_; }

 private:
  struct Primary {
    std::string text;
    std::string endpoint;
    std::string peerBytes;  // empty: not an IP address
  };
  struct Timers {
    Duration refresh{};
    Duration retry{};
    Duration expire{};
  };

  static Primary parsePrimary(const std::string& text);
  void readCopy();
  void attempt(bool incremental);
  void attempted(bool incremental, Result<std::unique_ptr<detail::TransferIn>> result);
  void build(std::unique_ptr<detail::TransferIn> transfer);
  void serve(const Authority::ZonePointer& zone);
  void failed(const Failure& why);
  void succeeded();
  void ended(Duration next);
  void expire();
  [[nodiscard]] Timers timers() const;
  [[nodiscard]] bool maySend(const Query& query) const;
  [[nodiscard]] Clock& clock() const noexcept;

  Reactor& reactor_;
  const std::shared_ptr<Authority> authority_;
  const Name apex_;
  const SecondaryOptions options_;
  std::vector<Primary> primaries_;
  Authority::ZonePointer zone_;
  std::size_t primary_ = 0;  // asked now
  Duration firstRetry_;
  TimePoint lastBegun_{};
  bool refreshing_ = false;
  bool again_ = false;
  bool expired_ = false;
  Counts counts_;
  ScopedCall next_;
  ScopedCall expiry_;
  Lifetime lifetime_;
};

}  // namespace ropewalk::dns
