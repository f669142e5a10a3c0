#include "tests/core/durable/faulty_calls.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>

namespace ropewalk::faults {

namespace {

thread_local int left = -1;  // calls until the one that fails; -1: none will
thread_local int with = 0;
thread_local const char* failed = nullptr;
thread_local void (*beforeRename)() = nullptr;

/// Whether this call is the one.
bool fails(const char* name) {
  if (left < 0 || left-- > 0) return false;
  failed = name;
  errno = with;
  return true;
}

}  // namespace

Armed::Armed(int at, int error) {
  left = at;
  with = error;
  failed = nullptr;
}

bool Armed::disarm() {
  left = -1;
  return failed != nullptr;
}

std::string Armed::name() const { return failed == nullptr ? "none" : failed; }

void atRename(void (*f)()) { beforeRename = f; }

}  // namespace ropewalk::faults

// The program's own definitions come before those of the C library.
using ropewalk::faults::fails;

extern "C" {

int openat(int directory, const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = va_arg(more, mode_t);
  va_end(more);
  if (fails("openat")) return -1;
  return static_cast<int>(::syscall(SYS_openat, directory, path, flags, mode));
}

ssize_t write(int fd, const void* bytes, size_t size) {
  return fails("write") ? -1 : ::syscall(SYS_write, fd, bytes, size);
}

int fsync(int fd) { return fails("fsync") ? -1 : static_cast<int>(::syscall(SYS_fsync, fd)); }

int close(int fd) {
  const bool written =
      (::fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY;  // of others it means nothing
  const auto closed = ::syscall(SYS_close, fd);
  return written && fails("close") ? -1 : static_cast<int>(closed);
}

int renameat(int from, const char* old, int to, const char* name) {
  if (ropewalk::faults::beforeRename != nullptr) ropewalk::faults::beforeRename();
  if (fails("renameat")) return -1;
  return static_cast<int>(::syscall(SYS_renameat2, from, old, to, name, 0));
}

int ftruncate(int fd, off_t length) noexcept {
  return fails("ftruncate") ? -1 : static_cast<int>(::syscall(SYS_ftruncate, fd, length));
}
}
