// close(2), once, and without a change of errno.

#include "fd.h"

#include <unistd.h>

#include <cerrno>

namespace ropewalk {

void UniqueFd::reset(int fd) noexcept {
  const int saved = errno;  // closing must not change what a caller is about to report
  // On Linux the descriptor is gone even after EINTR: closing again could hit somebody else's.
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
  errno = saved;
}

}  // namespace ropewalk
