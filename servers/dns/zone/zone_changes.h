// ZoneChanges: what is different between two versions of a zone. RFC 1995 §4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "ropewalk/protocols/dns/master_file.h"
#include "zone.h"

namespace ropewalk::dns {

/// Records one behind the other, packed: the data, and some ten bytes and the name for each.
class PackedRecords {
 public:
  /// Copies it.
  void add(const RecordView& record);
  /// @param at      where to begin, and where it ended; 0 at first
  /// @param record  views of this object
  /// @return        false when there are no more
  bool next(std::size_t& at, RecordView& record) const noexcept;
  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_.size(); }
  friend bool operator==(const PackedRecords&, const PackedRecords&) = default;

 private:
  std::string bytes_;
  std::size_t count_ = 0;
};

/// One step of a zone's history. Immutable; any thread may read it.
struct ZoneChanges {
  std::uint32_t from = 0;   ///< serial of the version before
  std::uint32_t to = 0;     ///< of the one after
  PackedRecords removed{};  ///< the old SOA first
  PackedRecords added{};    ///< the new SOA first

  [[nodiscard]] std::size_t bytes() const noexcept { return removed.bytes() + added.bytes(); }
  [[nodiscard]] std::size_t records() const noexcept { return removed.count() + added.count(); }
};

/// Takes about half a second for a million records: a matter for a thread when zones are large.
[[nodiscard]] std::shared_ptr<const ZoneChanges> changesBetween(const Zone& before,
                                                                const Zone& after);

}  // namespace ropewalk::dns
