// The child between fork and exec. Nothing here may allocate, lock, throw or log: see ChildPlan.

#include "process_child.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace ropewalk::detail {

namespace {

constexpr int kCannotRun = 127;  // what shells say of a command that cannot be run

/// Marks [first, last] close-on-exec; closing at once would take the fault pipe too.
void closeOnExec(unsigned first, unsigned last, int openFiles) noexcept {
  if (first > last) return;
  if (::syscall(SYS_close_range, first, last, CLOSE_RANGE_CLOEXEC) == 0) return;
  for (unsigned fd = first; fd <= last && fd < static_cast<unsigned>(openFiles); ++fd) {
    ::fcntl(static_cast<int>(fd), F_SETFD, FD_CLOEXEC);
  }
}

}  // namespace

void ChildPlan::run() noexcept {
  if (processGroup) ::setpgid(0, 0);
  resetSignals();
  if (directory != nullptr && ::chdir(directory) != 0) {
    report(ChildFault::Step::directory);
  } else if (!mapDescriptors()) {
    report(ChildFault::Step::descriptors);
  } else if (becomeUser()) {
    closeOthers();
    exec();
    report(ChildFault::Step::exec);
  }
  ::_exit(kCannotRun);
}

/// exec keeps ignored signals ignored, and the mask: the program must not inherit either from us.
void ChildPlan::resetSignals() noexcept {
  struct sigaction usual {};
  usual.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal)
    ::sigaction(signal, &usual, nullptr);  // fails for KILL and STOP: they are
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// First everything moves above all targets, so that no dup2 overwrites a source that is still
/// needed ({1: 2, 2: 1}).
bool ChildPlan::mapDescriptors() noexcept {
  const int above = mappings.empty() ? 0 : mappings.back().target + 1;
  faultPipe = ::fcntl(faultPipe, F_DUPFD_CLOEXEC, above);
  if (faultPipe < 0) return false;
  for (Mapping& mapping : mappings) {
    mapping.source = ::fcntl(mapping.source, F_DUPFD_CLOEXEC, above);
    if (mapping.source < 0) return false;
  }
  for (const Mapping& mapping : mappings) {
    if (::dup2(mapping.source, mapping.target) < 0) return false;
  }
  return true;
}

void ChildPlan::closeOthers() noexcept {
  unsigned first = 0;
  for (const Mapping& mapping : mappings) {
    const auto target = static_cast<unsigned>(mapping.target);
    if (target > 0) closeOnExec(first, target - 1, openFiles);
    first = target + 1;
  }
  closeOnExec(first, ~0U, openFiles);
}

bool ChildPlan::becomeUser() noexcept {
  if (setGroups && ::setgroups(groups.size(), groups.data()) != 0) {
    report(ChildFault::Step::groups);
    return false;
  }
  if (setGroup && ::setresgid(gid, gid, gid) != 0) {
    report(ChildFault::Step::group);
    return false;
  }
  if (setUser && ::setresuid(uid, uid, uid) != 0) {
    report(ChildFault::Step::user);
    return false;
  }
  return true;
}

/// As execvp, without its fall-back to a shell. errno tells of the candidate that was there but
/// could not be run, if there was one.
void ChildPlan::exec() noexcept {
  int telling = ENOENT;
  for (const std::string& path : candidates) {
    ::execve(path.c_str(), arguments.data(), environment.data());
    const bool absent = errno == ENOENT || errno == ENOTDIR;
    if (!absent) telling = errno;
    if (!absent && errno != EACCES) break;
  }
  errno = telling;
}

void ChildPlan::report(ChildFault::Step step) noexcept {
  const ChildFault fault{step, errno};
  [[maybe_unused]] const auto written = ::write(faultPipe, &fault, sizeof fault);
}

}  // namespace ropewalk::detail
