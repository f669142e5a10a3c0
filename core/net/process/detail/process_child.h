// ChildPlan: all that happens between fork and exec, prepared before. Private to core/net.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace ropewalk::detail {

/// What a child reports when it cannot run its program: at which step, and errno. Eight bytes, so
/// the pipe takes it in one piece.
struct ChildFault {
  enum class Step : int { descriptors, directory, groups, group, user, exec };
  Step step = Step::exec;
  int error = 0;
};

/// Everything that the child of a fork needs, in memory that is there before the fork: between fork
/// and exec only async-signal-safe calls are allowed, since another thread may have held any lock,
/// malloc's among them, at the moment of the fork. signal-safety(7).
struct ChildPlan {
  struct Mapping {
    int target = -1;  // the child's number
    int source = -1;  // ours; overwritten by the child with the number it moved it to
  };

  std::vector<Mapping> mappings;        // by target, ascending
  std::vector<std::string> candidates;  // paths to try, in the order of PATH
  std::vector<char*> arguments;         // null at the end, as for execve
  std::vector<char*> environment;       // likewise
  const char* directory = nullptr;
  bool setGroups = false;
  std::vector<gid_t> groups;
  bool setGroup = false;
  gid_t gid = 0;
  bool setUser = false;
  uid_t uid = 0;
  bool processGroup = false;
  int faultPipe = -1;  // where to report a ChildFault; close-on-exec
  int openFiles = 0;   // RLIMIT_NOFILE: for kernels without close_range

  /// In the child, with all signals blocked. Runs the program, or reports why
  /// not and ends with 127.
  [[noreturn]] void run() noexcept;

 private:
  void resetSignals() noexcept;
  bool mapDescriptors() noexcept;
  void closeOthers() noexcept;
  bool becomeUser() noexcept;
  void exec() noexcept;
  void report(ChildFault::Step step) noexcept;
};

}  // namespace ropewalk::detail
