#include "ropewalk/servers/app/output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

#include "ropewalk/core/base/failure.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/core/net/stdio.h"
#include "ropewalk/servers/app/standard_streams.h"

namespace ropewalk::app {

namespace {

/// Whether writing to it can mean waiting for somebody.
bool hasReader(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return false;
  return S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || ::isatty(fd) == 1;
}

}  // namespace

Output::Output(Reactor& reactor, int fd, std::string name)
    : reactor_(reactor),
      own_(reopened(fd, O_WRONLY)),
      fd_(own_ ? own_.get() : fd),
      kind_(own_            ? Kind::own
            : hasReader(fd) ? Kind::shared
                            : Kind::file),
      name_(std::move(name)) {}

Output::~Output() { reactor_.removeWriter(fd_); }

Deferred<void> Output::write(std::string bytes) {
  bytes_ = std::move(bytes);
  left_ = bytes_;
  try {
    if (attempt()) return succeed();
  } catch (...) {
    return fail<void>(Failure::current());
  }
  done_.emplace();
  done_->onCancel([this](Source<void>&) { reactor_.removeWriter(fd_); });
  reactor_.addWriter(fd_, [this] { writable(); });
  return done_->deferred();
}

/// @return whether everything has left; throws OutputError
bool Output::attempt() {
  while (!left_.empty()) {
    const ssize_t taken = writeSome();
    if (taken >= 0) {
      left_.remove_prefix(static_cast<std::size_t>(taken));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return false;
    } else if (errno != EINTR) {
      cannotWriteTo(name_, errno);
    }
  }
  return true;
}

ssize_t Output::writeSome() {
  if (kind_ != Kind::shared) return ::write(fd_, left_.data(), left_.size());
  // What poll() calls room in a pipe is at least this much.
  pollfd room{fd_, POLLOUT, 0};
  if (::poll(&room, 1, 0) == 1)
    return ::write(fd_, left_.data(), std::min<std::size_t>(left_.size(), PIPE_BUF));
  errno = EAGAIN;
  return -1;
}

void Output::writable() {
  Result<void> result;
  try {
    if (!attempt()) return;
  } catch (...) {
    result = Failure::current();
  }
  reactor_.removeWriter(fd_);
  Source<void> done = *std::exchange(done_, std::nullopt);
  done.fire(result);
}

}  // namespace ropewalk::app
