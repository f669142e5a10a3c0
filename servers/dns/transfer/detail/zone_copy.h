// Copies of zones on disk: what a secondary starts with. Private to servers/dns.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "ropewalk/core/base/result.h"
#include "ropewalk/servers/dns/zone/zone.h"

namespace ropewalk::dns::detail {

/// Writes a master file; whoever reads `path` sees the old one or the new one, whole, also after a
/// crash. Blocks; any thread. FileError when that cannot be.
Result<void> writeZoneCopy(const Zone& zone, const std::string& path);
/// Notes that the copy was still right just now: its time of change says so.
Result<void> touchZoneCopy(const std::string& path);

struct ZoneCopy {
  std::shared_ptr<const Zone> zone{};
  std::chrono::seconds age{};  ///< since it was known to be right; not below 0
};
/// Blocks; any thread. A Failure when it cannot be read, or is no zone of this name.
Result<ZoneCopy> readZoneCopy(const std::string& path, const Name& apex);

}  // namespace ropewalk::dns::detail
