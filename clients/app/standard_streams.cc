// Closed descriptors opened on /dev/null, SIGPIPE ignored but remembered, writes that say why not.
#include "standard_streams.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "ropewalk/core/base/errno_text.h"
#include "ropewalk/core/base/error.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/net/stream/stdio.h"

namespace ropewalk::app {

namespace {

/// What SIGPIPE did when the process began. The process's, as signals are.
void (*inheritedSigPipe)(int) = SIG_DFL;

}  // namespace

void prepareStandardStreams() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
    // Takes the lowest number that is free: this one.
    [[maybe_unused]] const int taken =
        ::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
  inheritedSigPipe = std::signal(SIGPIPE, SIG_IGN);
}

void endBySigPipe() {
  if (inheritedSigPipe == SIG_IGN) return;
  std::signal(SIGPIPE, SIG_DFL);
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  ::pthread_sigmask(SIG_UNBLOCK, &pipe, nullptr);
  std::raise(SIGPIPE);
}

void print(std::string_view text) {
  while (!text.empty()) {
    const ssize_t taken = ::write(STDOUT_FILENO, text.data(), text.size());
    if (taken >= 0) {
      text.remove_prefix(static_cast<std::size_t>(taken));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd room{STDOUT_FILENO, POLLOUT, 0};  // who shares it with us has made it so
      ::poll(&room, 1, -1);
    } else if (errno != EINTR) {
      cannotWriteTo("standard output", errno);
    }
  }
}

std::string readStandardInput() {
  constexpr std::size_t kPiece = 64 * 1024;
  std::string text;
  for (;;) {
    const std::size_t length = text.size();
    text.resize(length + kPiece);
    const ssize_t got = ::read(STDIN_FILENO, text.data() + length, kPiece);
    text.resize(length + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) return text;
    if (got > 0 || errno == EINTR) continue;
    if (errno != EAGAIN) throw Error(format("cannot read standard input: {}", errnoText(errno)));
    pollfd some{STDIN_FILENO, POLLIN, 0};  // who shares it with us has made it so
    ::poll(&some, 1, -1);
  }
}

void mention(std::string_view text) {
  pollfd room{STDERR_FILENO, POLLOUT, 0};
  if (::poll(&room, 1, 0) != 1) return;
  [[maybe_unused]] const ssize_t taken = ::write(STDERR_FILENO, text.data(), text.size());
}

void cannotWriteTo(const std::string& name, int error) {
  const std::string text = format("cannot write to {}: {}", name, errnoText(error));
  if (error == EPIPE) throw OutputReaderGone(text);
  throw OutputLost(text);
}

}  // namespace ropewalk::app
