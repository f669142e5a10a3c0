// What a descriptor is, found out once: a file, one opened anew without blocking, or one to poll.
#include "outlet.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

#include "ropewalk/core/net/stream/stdio.h"
#include "standard_streams.h"

namespace ropewalk::app {

namespace {

/// Whether writing to it can mean waiting for somebody.
bool hasReader(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return false;
  return S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || ::isatty(fd) == 1;
}

}  // namespace

Outlet::Outlet(int fd, std::string name)
    : own_(reopened(fd, O_WRONLY)),
      fd_(own_ ? own_.get() : fd),
      kind_(own_            ? Kind::own
            : hasReader(fd) ? Kind::shared
                            : Kind::file),
      name_(std::move(name)) {}

void Outlet::write(std::string_view& bytes) {
  while (!bytes.empty()) {
    const ssize_t taken = writeSome(bytes);
    if (taken >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(taken));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return;
    } else if (errno != EINTR) {
      cannotWriteTo(name_, errno);
    }
  }
}

ssize_t Outlet::writeSome(std::string_view bytes) const {
  if (kind_ != Kind::shared) return ::write(fd_, bytes.data(), bytes.size());
  // What poll() calls room in a pipe is at least this much.
  pollfd room{fd_, POLLOUT, 0};
  if (::poll(&room, 1, 0) == 1)
    return ::write(fd_, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
  errno = EAGAIN;
  return -1;
}

}  // namespace ropewalk::app
