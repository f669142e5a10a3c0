// openat2 with RESOLVE_BENEATH, and where the kernel has none a walk by segments with O_NOFOLLOW.
#include "beneath.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#if __has_include(<linux/openat2.h>)
#include <linux/openat2.h>
#endif

namespace ropewalk {

namespace {

// Neither a FIFO nor a terminal may hold up the server or become its own.
constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
#ifdef O_PATH
constexpr int kPassThrough = O_PATH | O_CLOEXEC | O_DIRECTORY;  // needs no right to read it
#else
constexpr int kPassThrough = O_RDONLY | O_CLOEXEC | O_DIRECTORY;
#endif

/// What open is to be given; openat2 refuses O_PATH together with what would mean nothing to it.
int withOurs(int flags) noexcept {
#ifdef O_PATH
  if ((flags & O_PATH) != 0) return O_CLOEXEC | flags;
#endif
  return kFlags | flags;
}

OpenedFile result(int fd) {
  if (fd >= 0) return {UniqueFd(fd), 0};
  // EXDEV and ELOOP: a link that leads where it may not.
  return {UniqueFd(), errno == EXDEV || errno == ELOOP ? ENOENT : errno};
}

#if defined(SYS_openat2) && __has_include(<linux/openat2.h>)
/// Set where the kernel (or a container's filter) does not know openat2.
std::atomic<bool> missing{false};
// EAGAIN: something was renamed during the walk, so that the kernel could not be sure.
constexpr int kAttempts = 16;

bool openat2Works(int directory, const std::string& path, Symlinks symlinks, int flags, int& fd) {
  if (missing.load(std::memory_order_relaxed)) return false;
  open_how how{};
  how.flags = static_cast<unsigned>(withOurs(flags));
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  if (symlinks == Symlinks::never) how.resolve |= RESOLVE_NO_SYMLINKS;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    fd = static_cast<int>(
        syscall(SYS_openat2, directory, path.empty() ? "." : path.c_str(), &how, sizeof how));
    if (fd >= 0 || (errno != EINTR && errno != EAGAIN)) break;
  }
  if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) return true;
  missing.store(true, std::memory_order_relaxed);
  return false;
}

/// @return a descriptor, or -1 with errno set
int openWithoutWaiting(int directory, const std::string& path, Symlinks symlinks, int flags) {
#ifdef RESOLVE_CACHED
  open_how how{};
  how.flags = static_cast<unsigned>(withOurs(flags));
  how.resolve = RESOLVE_CACHED;
  if (symlinks != Symlinks::anywhere) how.resolve |= RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  if (symlinks == Symlinks::never) how.resolve |= RESOLVE_NO_SYMLINKS;
  const long fd =
      syscall(SYS_openat2, directory, path.empty() ? "." : path.c_str(), &how, sizeof how);
  // EINVAL: a kernel that does not know RESOLVE_CACHED.
  const bool unknown = fd < 0 && (errno == ENOSYS || errno == EPERM || errno == EINVAL);
  if (unknown || (fd < 0 && errno == EINTR)) errno = EAGAIN;
  return static_cast<int>(fd);
#else
  errno = EAGAIN;
  return -1;
#endif
}
#else
bool openat2Works(int, const std::string&, Symlinks, int, int&) { return false; }
int openWithoutWaiting(int, const std::string&, Symlinks, int) {
  errno = EAGAIN;
  return -1;
}
#endif

}  // namespace

OpenedFile openBeneath(int directory, const std::string& path, Symlinks symlinks, int flags) {
  if (symlinks == Symlinks::anywhere)
    return result(openat(directory, path.empty() ? "." : path.c_str(), withOurs(flags)));
  int fd = -1;
  if (openat2Works(directory, path, symlinks, flags, fd)) return result(fd);
  return openSegments(directory, path, flags);
}

OpenedFile openCached(int directory, const std::string& path, Symlinks symlinks, int flags) {
  return result(openWithoutWaiting(directory, path, symlinks, flags));
}

OpenedFile openSegments(int directory, const std::string& path, int flags) {
  UniqueFd holder;
  std::size_t start = 0;
  while (true) {
    const std::size_t slash = path.find('/', start);
    std::string segment = path.substr(start, slash == std::string::npos ? slash : slash - start);
    if (segment == "..") return {UniqueFd(), ENOENT};
    if (segment.empty()) segment.push_back('.');
    const bool last = slash == std::string::npos;
    const int own = last ? withOurs(flags) : kPassThrough;
    const int fd = openat(holder ? holder.get() : directory, segment.c_str(), own | O_NOFOLLOW);
    if (fd < 0 || last) return result(fd);
    holder.reset(fd);
    start = slash + 1;
  }
}

}  // namespace ropewalk
