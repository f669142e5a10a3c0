// Master files written through a DurableFile; their time of change is when they were last right.
#include "zone_copy.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <utility>

#include "ropewalk/core/base/durable_file.h"
#include "ropewalk/core/base/errno_text.h"
#include "ropewalk/core/base/error.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/protocols/dns/rdata.h"

namespace ropewalk::dns::detail {

namespace {

constexpr std::size_t kWriteAt = std::size_t{1} << 20;

Failure cannot(std::string_view action, const std::string& path, int error) {
  return FileError(format("cannot {} {}: {}", action, path, errnoText(error)));
}

void appendLine(std::string& text, const RecordView& record) {
  text += format("{} {} IN {} {}\n", wire::nameToText(record.name), record.ttl, record.type,
                 rdataToText(record.type, record.data));
}

Result<void> writeZone(DurableFile& file, const Zone& zone) {
  const RRset& soa = zone.soa();
  std::string text = "; a copy of the primary's zone: changes made here are lost\n";
  appendLine(text, {zone.apex().wire(), Type::SOA, Class::IN, soa.ttl, zone.data(soa, 0)});
  Result<void> written;
  zone.forEach([&](const RecordView& record) {
    appendLine(text, record);
    if (text.size() >= kWriteAt) written = file.write(std::exchange(text, {}));
    return written.ok();
  });
  return written ? file.write(text) : written;
}

}  // namespace

Result<void> writeZoneCopy(const Zone& zone, const std::string& path) {
  auto file = DurableFile::create(path);
  if (!file) return file.failure();
  if (auto written = writeZone(*file, zone); !written) return written;
  return file->commit();
}

Result<void> touchZoneCopy(const std::string& path) {
  if (::utimensat(AT_FDCWD, path.c_str(), nullptr, 0) != 0) return cannot("touch", path, errno);
  return {};
}

Result<ZoneCopy> readZoneCopy(const std::string& path, const Name& apex) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return cannot("read", path, errno);
  auto zone = Zone::load(path, apex);
  if (!zone) return zone.failure();
  const std::time_t age = std::max<std::time_t>(0, std::time(nullptr) - found.st_mtim.tv_sec);
  return ZoneCopy{*std::move(zone), std::chrono::seconds(age)};
}

}  // namespace ropewalk::dns::detail
