// Blocks SIGPIPE for the thread, and takes away one that came meanwhile. sigtimedwait(2).

#include "sigpipe_block.h"

#include <cerrno>
#include <ctime>

namespace ropewalk::detail {

namespace {

sigset_t pipeAlone() noexcept {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  return set;
}

}  // namespace

SigpipeBlock::SigpipeBlock() noexcept {
  const sigset_t pipe = pipeAlone();
  ::pthread_sigmask(SIG_BLOCK, &pipe, &before_);
  ours_ = sigismember(&before_, SIGPIPE) == 0;
  if (!ours_) return;
  sigset_t pending;
  wasPending_ = ::sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

SigpipeBlock::~SigpipeBlock() {
  if (!ours_) return;
  const int saved = errno;
  const sigset_t pipe = pipeAlone();
  const timespec now{};
  if (!wasPending_) ::sigtimedwait(&pipe, nullptr, &now);
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  errno = saved;
}

}  // namespace ropewalk::detail
