// Follows links one by one as the kernel would, but for those that strangers left in
// shared directories. path_resolution(7), symlink(7).

#include "link_target.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/stat.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "ropewalk/core/base/errno_text.h"
#include "ropewalk/core/base/error.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"

namespace ropewalk::detail {

namespace {

constexpr int kLinksAtMost = 40;  // the kernel's number, path_resolution(7)
constexpr std::size_t kUsualName = 255;

/// A path in two: "a/b" is {"a", "b"}, "b" is {".", "b"}, "/b" is {"/", "b"}.
void cut(const std::string& path, LinkTarget& at) {
  const auto slash = path.rfind('/');
  at.name = path.substr(slash == std::string::npos ? 0 : slash + 1);
  at.folder = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

/// proc_sys_fs(5), protected_symlinks: who may leave a link in /tmp must not choose what we write.
bool mayFollow(const struct stat& folder, const struct stat& link) {
  constexpr unsigned kShared = S_ISVTX | S_IWOTH;
  return (folder.st_mode & kShared) != kShared || link.st_uid == ::geteuid() ||
         link.st_uid == folder.st_uid;
}

/// In /proc a link is a handle: its text need not be a path.
bool isProc(const UniqueFd& directory) {
  struct statfs system {};
  return ::fstatfs(directory.get(), &system) == 0 && system.f_type == PROC_SUPER_MAGIC;
}

std::optional<int> ownDescriptor(const LinkTarget& at, const struct stat& folder) {
  struct stat own {};
  if (::stat("/proc/self/fd", &own) != 0) return std::nullopt;
  if (own.st_dev != folder.st_dev || own.st_ino != folder.st_ino) return std::nullopt;
  return parseNumber<int>(at.name);
}

/// A file that is mounted (as containers get single ones) cannot be renamed over.
bool isMountPoint(const UniqueFd& entry) {
  struct statx status {};
  return ::statx(entry.get(), "", AT_EMPTY_PATH, 0, &status) == 0 &&
         (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

void found(LinkTarget& at, const UniqueFd& entry, const struct stat& status) {
  at.mode = status.st_mode;
  at.owner = status.st_uid;
  at.group = status.st_gid;
  at.replaceable = S_ISREG(status.st_mode) && !isMountPoint(entry);
}

/// @return the path that the link stands for, seen from where we are
Result<std::string> follow(const UniqueFd& entry, const LinkTarget& at, const std::string& path) {
  std::string text(PATH_MAX, '\0');
  const ssize_t size = ::readlinkat(entry.get(), "", text.data(), text.size());
  if (size < 0) return cannotWrite(path, errno);
  text.resize(static_cast<std::size_t>(size));
  return text.starts_with('/') ? text : at.folder + '/' + text;
}

}  // namespace

Failure cannotWrite(const std::string& path, int error) {
  return FileError(format("cannot write {}: {}", path, errnoText(error)));
}

std::size_t longestName(const UniqueFd& directory) noexcept {
  const long longest = ::fpathconf(directory.get(), _PC_NAME_MAX);
  return longest > 0 ? static_cast<std::size_t>(longest) : kUsualName;
}

Result<LinkTarget> linkTarget(const std::string& path) {
  LinkTarget at;
  std::string next = path;
  for (int links = 0; links <= kLinksAtMost; ++links) {
    cut(next, at);
    if (at.name.empty()) return cannotWrite(path, next.empty() ? ENOENT : EISDIR);
    at.directory.reset(::open(at.folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    struct stat folder {};
    if (!at.directory || ::fstat(at.directory.get(), &folder) != 0) return cannotWrite(path, errno);
    const UniqueFd entry(
        ::openat(at.directory.get(), at.name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    at.replaceable = !entry && errno == ENOENT;
    if (at.replaceable) return at;
    struct stat status {};
    if (!entry || ::fstat(entry.get(), &status) != 0) return cannotWrite(path, errno);
    const bool link = S_ISLNK(status.st_mode);
    if (!link || isProc(at.directory)) {
      found(at, entry, status);
      if (link) at.descriptor = ownDescriptor(at, folder);
      return at;
    }
    if (!mayFollow(folder, status)) return cannotWrite(path, EACCES);
    auto led = follow(entry, at, path);
    if (!led) return led.failure();
    next = *std::move(led);
  }
  return cannotWrite(path, ELOOP);
}

}  // namespace ropewalk::detail
