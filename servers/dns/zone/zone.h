// Zone: the records below one name, ready to be looked up. RFC 1034 §4.2 and §4.3.2, RFC 4592.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "name_tree.h"
#include "ropewalk/core/base/result.h"
#include "ropewalk/protocols/dns/master_file.h"
#include "ropewalk/protocols/dns/message.h"

namespace ropewalk::dns {

/// All records of one name and type.
struct RRset {
  std::uint32_t first = 0;  ///< index of its first record
  std::uint32_t ttl = 0;    ///< of RRSIGs the least: Zone::ttl() says each
  Type type{};
  std::uint16_t count = 0;
};

/// Immutable once built, so any thread may read it, and a reload swaps the pointer. A million
/// records take some 70 bytes each beyond their data. Lookups allocate nothing.
///
///     auto zone = Zone::load("example.test.zone");
///     if (!zone) log::error("{}", zone.failure().getErrorMessage());
class Zone {
 public:
  using Node = NameTree::Node;

  /// Reads a master file.
  /// @param origin  nothing: relative names are below what the path says (load), else must come
  ///                behind an absolute $ORIGIN
  /// @param files   gets the paths of all files that were read: this one, and those it includes
  /// @return        the zone; or the first error with its place
  static Result<std::shared_ptr<const Zone>> load(const std::string& path, const Name& origin = {},
                                                  std::vector<std::string>* files = nullptr);
  /// The same from a text.
  static Result<std::shared_ptr<const Zone>> parse(std::string_view text, const Name& origin = {},
                                                   const std::string& file = "zone");

  [[nodiscard]] const Name& apex() const noexcept { return apex_; }
  [[nodiscard]] std::uint32_t serial() const noexcept { return serial_; }
  [[nodiscard]] std::size_t recordCount() const noexcept { return records_.size(); }
  /// What it takes in memory.
  [[nodiscard]] std::size_t bytes() const noexcept;
  /// What was passed over: records outside of the zone, doubles, differing TTLs of one set, TTLs
  /// past 2^31-1.
  [[nodiscard]] const std::vector<std::string>& warnings() const noexcept { return warnings_; }

  // Looking up. Names are wire form, in the zone.

  /// Where a name is, or would be.
  struct Place {
    Node node = NameTree::kTop;  ///< the name, or its closest encloser (RFC 4592 §3.3.1)
    bool exact = false;
    /// The topmost delegation at or above the name, or DNAME above it; kNone: none. What is below
    /// belongs to somebody else.
    Node cut = NameTree::kNone;
    std::size_t at = 0;  ///< offset in the asked name where node's name begins
  };
  /// @param name  at or below the apex, of any case
  [[nodiscard]] Place find(std::string_view name) const noexcept;
  /// The `*` child of a closest encloser, or kNone.
  [[nodiscard]] Node wildcard(Node encloser) const noexcept { return entries_[encloser].wildcard; }
  /// Null when there is none.
  [[nodiscard]] const RRset* find(Node node, Type type) const noexcept;
  [[nodiscard]] std::span<const RRset> sets(Node node) const noexcept {
    return {sets_.data() + entries_[node].firstSet, entries_[node].sets};
  }
  /// The data of record `index`, 0 … count-1, of a set: uncompressed wire form.
  [[nodiscard]] std::string_view data(const RRset& set, std::size_t index) const noexcept {
    const Item& item = records_[set.first + index];
    return {data_.data() + item.offset, item.length};
  }
  /// That of its set; but each RRSIG has that of the set it covers (RFC 4035 §2.2).
  [[nodiscard]] std::uint32_t ttl(const RRset& set, std::size_t index) const noexcept;
  [[nodiscard]] bool contains(std::string_view name) const noexcept {
    return wire::isBelow(name, apex_.wire());
  }
  [[nodiscard]] const NameTree& names() const noexcept { return names_; }

  /// The SOA, and how long its absence of an answer may be kept: the lesser of its TTL and MINIMUM
  /// (RFC 2308 §5).
  [[nodiscard]] const RRset& soa() const noexcept { return sets_[soa_]; }
  [[nodiscard]] std::uint32_t negativeTtl() const noexcept { return negativeTtl_; }

  /// Every record but the SOA, in the order of names' numbers; for transfers. Until f says false.
  void forEach(const std::function<bool(const RecordView&)>& f) const;
  /// The same from a place on: `node` and `set` are where to begin, and where it ended.
  struct Position {
    Node node = 0;
    std::uint32_t set = 0;
    std::uint32_t record = 0;
  };
  /// @return false when there are no more
  bool next(Position& position, std::string& name, RecordView& record) const;

 private:
  friend class ZoneBuilder;

  struct Item {
    std::uint32_t offset;
    std::uint16_t length;
  };
  struct Entry {
    std::uint32_t firstSet = 0;
    std::uint16_t sets = 0;
    Node cut = NameTree::kNone;  // as in Place
    Node wildcard = NameTree::kNone;
  };

  explicit Zone(const Name& apex) : apex_(apex), names_(apex.wire()) {}

  Name apex_;
  NameTree names_;
  std::vector<Entry> entries_;  // by node
  std::vector<RRset> sets_;
  std::vector<Item> records_;
  std::vector<char> data_;  // behind that of an RRSIG: its TTL
  std::vector<std::string> warnings_;
  std::uint32_t serial_ = 0;
  std::uint32_t negativeTtl_ = 0;
  std::size_t soa_ = 0;
};

/// Gathers records, in any order, and makes a zone of them.
class ZoneBuilder {
 public:
  explicit ZoneBuilder(const Name& apex);
  ~ZoneBuilder();

  /// @return a Failure for a meta type; other classes than IN are refused, too
  Result<void> add(const RecordView& record);
  Result<void> add(const Record& record);
  /// What add() would say, whatever the zone.
  static Result<void> fits(const RecordView& record);
  /// @return the zone; FormatError when it has not exactly one SOA, no NS, a CNAME with other data
  ///         (RFC 1034 §3.6.2), or a DNAME beside an NS below the top or above other records
  ///         (RFC 6672 §2.3, §2.4)
  Result<std::shared_ptr<const Zone>> build();

 private:
  struct Entry {
    Zone::Node node;
    std::uint32_t offset;
    std::uint32_t ttl;
    Type type;
    std::uint16_t length;
  };

  void warn(std::string text);
  void makeSets();
  void keepSet(std::size_t first, std::size_t end);
  Result<void> check() const;
  Result<void> checkNode(Zone::Node node) const;
  Result<void> checkBelowDnames() const;
  void linkNodes();
  void alignSignatures();
  void readSoa();

  std::shared_ptr<Zone> zone_;
  std::vector<Entry> entries_;
};

}  // namespace ropewalk::dns
