// Loading and reloading of master files.
#include "zone_files.h"

#include <sys/stat.h>

#include <utility>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/net/threads/threads.h"
#include "ropewalk/protocols/dns/errors.h"
#include "ropewalk/protocols/dns/serial.h"
#include "zone_changes.h"

namespace ropewalk::dns {

namespace {
constexpr log::Logger kLog{"dns.zones"};
}

ZoneFiles::~ZoneFiles() { lifetime_.end(); }

std::optional<ZoneFiles::Stamp> ZoneFiles::stampOf(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  return Stamp{static_cast<std::uint64_t>(found.st_dev), static_cast<std::uint64_t>(found.st_ino),
               static_cast<std::uint64_t>(found.st_size),
               std::int64_t{found.st_mtim.tv_sec} * 1'000'000'000 + found.st_mtim.tv_nsec};
}

bool ZoneFiles::changed(const File& file) {
  for (const Source& source : file.sources) {
    if (stampOf(source.path) != source.stamp) return true;
  }
  return false;
}

/// On any thread.
ZoneFiles::Loaded ZoneFiles::read(const std::string& path, const Name& origin,
                                  const Authority::ZonePointer& before) {
  Loaded loaded;
  // Looked at before it is read: what changes meanwhile is seen the next time.
  loaded.sources.push_back({path, stampOf(path)});
  std::vector<std::string> files;
  loaded.zone = Zone::load(path, origin, &files);
  for (std::size_t i = 1; i < files.size(); ++i) {
    loaded.sources.push_back({files[i], stampOf(files[i])});
  }
  if (!loaded.zone || !before) return loaded;
  const Zone& zone = **loaded.zone;
  if (before->apex() == zone.apex() && before->serial() == zone.serial()) {
    const auto changes = changesBetween(*before, zone);
    loaded.same = changes->removed == changes->added;  // both have the SOA, and nothing else
  }
  return loaded;
}

void ZoneFiles::add(std::string path, Name origin) {
  auto file = std::make_unique<File>();
  file->path = std::move(path);
  file->origin = std::move(origin);
  files_.push_back(std::move(file));
}

Result<bool> ZoneFiles::take(File& file, Loaded loaded) {
  auto used = use(file, std::move(loaded));
  if (used || file.zone || file.origin.isRoot() || authority_->zone(file.origin)) return used;
  authority_->miss(file.origin);
  return used;
}

Result<bool> ZoneFiles::use(File& file, Loaded loaded) {
  file.sources = std::move(loaded.sources);
  file.failed = true;
  if (!loaded.zone) return loaded.zone.failure();
  const Authority::ZonePointer zone = *loaded.zone;
  const Name& apex = zone->apex();
  for (const auto& other : files_) {
    if (other.get() == &file || !other->zone || other->zone->apex() != apex) continue;
    return Failure(
        FormatError(format("{}: the zone {} is in {} already", file.path, apex, other->path)));
  }
  const auto before = std::exchange(file.zone, zone);
  file.failed = false;
  if (loaded.same) return false;
  for (const auto& warning : zone->warnings()) kLog.warn("{}: {}", file.path, warning);
  if (before && before->apex() != apex) {
    authority_->remove(before->apex());
  } else if (before && !serialIsAfter(zone->serial(), before->serial())) {
    kLog.warn("{}: the serial of {} went from {} to {}: secondaries will not notice the change",
              file.path, apex, before->serial(), zone->serial());
  }
  kLog.info("{}: {} with serial {}, {} records", file.path, apex, zone->serial(),
            zone->recordCount());
  authority_->put(zone);
  return true;
}

Result<void> ZoneFiles::load() {
  Result<void> first;
  for (const auto& file : files_) {
    const bool tried = !file->sources.empty() && !changed(*file);
    if (file->zone || tried) continue;
    auto put = take(*file, read(file->path, file->origin, nullptr));
    if (!put && first) first = put.failure();
  }
  return first;
}

Deferred<ZoneFilesReport> ZoneFiles::reload() {
  auto& waiting = reloading_ ? queued_ : waiting_;
  waiting.emplace_back();
  Deferred<ZoneFilesReport> done = waiting.back().deferred();
  if (!reloading_) begin();
  return done;
}

void ZoneFiles::begin() {
  reloading_ = true;
  report_ = {};
  next_ = 0;
  step();
}

/// Goes on to the next file that changed; one at a time, so that two versions of one zone are the
/// most that is in memory.
void ZoneFiles::step() {
  while (next_ < files_.size()) {
    File& file = *files_[next_++];
    if (!file.failed && !changed(file)) {
      ++report_.unchanged;
      continue;
    }
    lifetime_.own(
        deferToThread(reactor_, [path = file.path, origin = file.origin, before = file.zone] {
          return read(path, origin, before);
        }).addBoth([this, &file](Result<Loaded> loaded) {
          taken(file, std::move(loaded));
          return Unit{};
        }));
    return;
  }
  reloading_ = false;
  auto waiting = std::exchange(waiting_, std::exchange(queued_, {}));
  const ZoneFilesReport report = std::move(report_);
  if (!waiting_.empty()) begin();
  for (auto& source : waiting) source.callback(report);
}

void ZoneFiles::taken(File& file, Result<Loaded> loaded) {
  if (lifetime_.ended()) return;
  Result<bool> put = loaded ? take(file, *std::move(loaded)) : Result<bool>(loaded.failure());
  if (!put) {
    report_.errors.push_back(put.failure().getErrorMessage());
    kLog.error("{}; {}", report_.errors.back(),
               file.zone ? "the zone from before stays" : "there is no such zone");
  } else {
    ++(*put ? report_.loaded : report_.unchanged);
  }
  step();
}

void ZoneFiles::watch(Duration interval) {
  interval_ = interval;
  watch_ = reactor_.callLater(interval_, [this] { look(); });
}

void ZoneFiles::look() {
  watch(interval_);
  if (reloading_) return;
  // One that failed is not tried again before it changes: its mistake was logged.
  for (const auto& file : files_) {
    if (changed(*file)) {
      reload();
      return;
    }
  }
}

}  // namespace ropewalk::dns
