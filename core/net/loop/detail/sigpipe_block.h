// SigpipeBlock: no SIGPIPE for this thread while it lives. Private to core/net.
#pragma once

#include <csignal>

namespace ropewalk::detail {

/// A write to a pipe or by sendfile (which takes no MSG_NOSIGNAL) to a peer that is gone raises
/// SIGPIPE, whatever the call returns: also when it sent a part, or ended in ECONNRESET. While this
/// lives it is blocked for the thread; its end takes away what came meanwhile, and puts the mask
/// back. The disposition is the program's, and is never touched; nor is anything where the thread
/// had blocked it before, or one was pending.
class SigpipeBlock {
 public:
  SigpipeBlock() noexcept;
  SigpipeBlock(const SigpipeBlock&) = delete;
  SigpipeBlock& operator=(const SigpipeBlock&) = delete;
  ~SigpipeBlock();

 private:
  sigset_t before_{};
  bool ours_ = false;        // it was not blocked before
  bool wasPending_ = false;  // for the process: another thread's business
};

}  // namespace ropewalk::detail
