// TransferIn: what the messages of a transfer add up to. RFC 5936 §2.2, RFC 1995 §4. Private to
// servers/dns.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "ropewalk/core/base/result.h"
#include "ropewalk/protocols/dns/message.h"
#include "ropewalk/protocols/dns/transfer_reader.h"
#include "ropewalk/servers/dns/zone/zone.h"

namespace ropewalk::dns::detail {

/// Takes what a TransferReader found, and makes the new version of the zone of it. Sans I/O. Taking
/// is for one thread, build() may be called on another.
class TransferIn {
 public:
  using ZonePointer = std::shared_ptr<const Zone>;

  /// @param current  the version that changes are applied to; null: AXFR was asked for
  TransferIn(Name apex, ZonePointer current)
      : apex_(std::move(apex)), current_(std::move(current)) {}

  /// @return FormatError for changes that do not fit the current version
  Result<void> take(TransferPart part, const Record& record);
  [[nodiscard]] bool incremental() const noexcept { return incremental_; }
  /// Makes the new version; once.
  Result<ZonePointer> build();

 private:
  Result<void> remove(const Record& record);
  void keep(const Record& record);
  [[nodiscard]] bool inCurrent(const Record& record) const;
  Result<void> copyCurrent();

  const Name apex_;
  const ZonePointer current_;
  bool incremental_ = false;
  Record soa_{};  // of the new version
  std::unique_ptr<ZoneBuilder> builder_;
  /// What became of records: those of the current version that are gone (no value), and new ones.
  std::map<std::string, std::optional<Record>> changes_;
};

}  // namespace ropewalk::dns::detail
