// ZoneHistory: the last changes of zones, for incremental transfers. RFC 1995 §5.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "ropewalk/core/async/lifetime.h"
#include "ropewalk/core/net/reactor.h"
#include "zone_changes.h"

namespace ropewalk::dns {

struct ZoneHistoryOptions {
  std::size_t versions = 30;                  ///< of each zone
  std::size_t bytes = std::size_t{16} << 20;  ///< of each zone's changes
  /// Zones with more records are compared on a thread of the reactor's pool; until that is done,
  /// transfers of the zone are whole.
  std::size_t recordsInline = 20'000;
};

/// Told of every version of a zone, keeps what changed between them. Holds the last version, too.
/// One thread.
///
///     authority->onChange([history](const auto& zone) { history->changed(zone); });
class ZoneHistory {
 public:
  using ZonePointer = std::shared_ptr<const Zone>;
  using Steps = std::vector<std::shared_ptr<const ZoneChanges>>;

  explicit ZoneHistory(Reactor& reactor, ZoneHistoryOptions options = ZoneHistoryOptions())
      : reactor_(reactor), options_(options) {}

  /// A new version. If its serial does not come after the one before, the zone's history begins
  /// anew.
  void changed(const ZonePointer& zone);
  void forget(const Name& apex) { zones_.erase(apex); }

  /// What leads from `serial` to this zone, oldest first; nothing when that is not known.
  [[nodiscard]] std::optional<Steps> since(const Zone& zone, std::uint32_t serial) const;

 private:
  struct Past {
    ZonePointer last;  // where the steps lead to
    std::deque<std::shared_ptr<const ZoneChanges>> steps;
    std::deque<ZonePointer> waiting;  // newer ones: compared one after the other
    std::size_t bytes = 0;
    bool comparing = false;
  };

  void compare(const Name& apex);
  void compared(const ZonePointer& zone, std::shared_ptr<const ZoneChanges> changes);
  void keep(Past& past, std::shared_ptr<const ZoneChanges> changes) const;

  Reactor& reactor_;
  const ZoneHistoryOptions options_;
  std::unordered_map<Name, Past> zones_;
  Lifetime lifetime_;
};

}  // namespace ropewalk::dns
