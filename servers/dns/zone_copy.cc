#include "ropewalk/servers/dns/zone_copy.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <filesystem>

#include "ropewalk/core/base/errno_text.h"
#include "ropewalk/core/base/error.h"
#include "ropewalk/core/base/fd.h"
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

bool writeAll(int fd, std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t written = ::write(fd, text.data() + at, text.size() - at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    at += static_cast<std::size_t>(written);
  }
  text.clear();
  return true;
}

bool writeZone(int fd, const Zone& zone) {
  const RRset& soa = zone.soa();
  std::string text = "; a copy of the primary's zone: changes made here are lost\n";
  appendLine(text, {zone.apex().wire(), Type::SOA, Class::IN, soa.ttl, zone.data(soa, 0)});
  bool good = true;
  zone.forEach([&](const RecordView& record) {
    appendLine(text, record);
    if (text.size() >= kWriteAt) good = writeAll(fd, text);
    return good;
  });
  return good && writeAll(fd, text) && ::fsync(fd) == 0;
}

}  // namespace

Result<void> writeZoneCopy(const Zone& zone, const std::string& path) {
  const std::string fresh = path + ".new";
  const UniqueFd fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (fd.get() < 0) return cannot("write", fresh, errno);
  if (!writeZone(fd.get(), zone)) {
    const int error = errno;
    ::unlink(fresh.c_str());
    return cannot("write", fresh, error);
  }
  if (std::rename(fresh.c_str(), path.c_str()) != 0) return cannot("replace", path, errno);
  // The name, too, is to be there after a crash.
  const auto parent = std::filesystem::path(path).parent_path();
  const UniqueFd directory(
      ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() >= 0) ::fsync(directory.get());
  return {};
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
