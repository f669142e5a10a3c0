// TransferIn: what the messages of a transfer add up to. RFC 5936 §2.2, RFC 1995 §4. Private to
// servers/dns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "ropewalk/core/base/result.h"
#include "ropewalk/protocols/dns/message.h"
#include "ropewalk/servers/dns/zone.h"

namespace ropewalk::dns::detail {

struct TransferLimits {
  std::size_t records = 10'000'000;
  std::size_t bytes = std::size_t{2} << 30;  ///< of records, names written out
};

/// Takes records in the order they come, and tells when the transfer is over:
///
///     SOA new ──► record ──────────► whole: records … SOA new                  (AXFR)
///        │  └───► SOA of ours ─────► removed: records … SOA ─► added: records … SOA ─┐  (IXFR)
///        ▼                              ▲                                            │
///     serial is ours: up to date        └──────────── not yet SOA new ◄──────────────┘
///
/// Sans I/O. Feeding is for one thread, build() may be called on another.
class TransferIn {
 public:
  using ZonePointer = std::shared_ptr<const Zone>;

  /// @param current  the version that changes are applied to; null: AXFR was asked for
  TransferIn(Name apex, ZonePointer current, TransferLimits limits);

  /// @return whether it is over; FormatError when it is no transfer of this zone, or too large
  Result<bool> add(const Message& message);
  /// The zone has not changed: there is nothing to build.
  [[nodiscard]] bool upToDate() const noexcept { return state_ == State::upToDate; }
  [[nodiscard]] bool incremental() const noexcept { return incremental_; }
  [[nodiscard]] std::size_t records() const noexcept { return records_; }
  /// Makes the new version; once.
  Result<ZonePointer> build();

 private:
  enum class State : std::uint8_t { begin, first, whole, removed, added, over, upToDate };

  Result<void> take(const Record& record);
  Result<void> takeFirst(const Record& record);
  Result<void> takeSecond(const Record& record);
  Result<void> takeSoa(std::uint32_t serial);
  Result<void> remove(const Record& record);
  void keep(const Record& record);
  [[nodiscard]] bool inCurrent(const Record& record) const;
  Result<void> copyCurrent();

  const Name apex_;
  const ZonePointer current_;
  const TransferLimits limits_;
  State state_ = State::begin;
  bool incremental_ = false;
  Record soa_{};               // of the new version
  std::uint32_t newest_ = 0;   // its serial
  std::uint32_t version_ = 0;  // that the changes have led to
  std::unique_ptr<ZoneBuilder> builder_;
  /// What became of records: those of the current version that are gone (no value), and new ones.
  std::map<std::string, std::optional<Record>> changes_;
  std::size_t records_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace ropewalk::dns::detail
