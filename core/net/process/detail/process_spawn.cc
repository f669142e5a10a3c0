// Everything before the fork (paths, arguments, groups, pipes), the fork, and the
// reading of why exec failed.

#include "process_spawn.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "process_child.h"
#include "ropewalk/core/base/errno_text.h"
#include "ropewalk/core/base/format.h"

extern char** environ;

namespace ropewalk::detail {

namespace {

[[noreturn]] void cannotSpawn(const SpawnOptions& options, std::string_view why) {
  throw CannotSpawnError(format("cannot start {}: {}", options.program, why));
}

struct PipeEnds {
  UniqueFd ours;
  UniqueFd theirs;
};

/// Both close-on-exec: another thread may fork at any time. Only ours is non-blocking; the child
/// expects what is usual.
PipeEnds makePipe(const SpawnOptions& options, bool weRead) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) cannotSpawn(options, "no pipe: " + errnoText(errno));
  PipeEnds pipe{UniqueFd(ends[weRead ? 0 : 1]), UniqueFd(ends[weRead ? 1 : 0])};
  ::fcntl(pipe.ours.get(), F_SETFL, ::fcntl(pipe.ours.get(), F_GETFL) | O_NONBLOCK);
  return pipe;
}

/// "PATH=…" of the environment that the child will have.
std::string searchPath(const SpawnOptions& options) {
  constexpr const char* kUsual = "/usr/local/bin:/usr/bin:/bin";
  if (options.environment) {
    const auto found = options.environment->find("PATH");
    if (found != options.environment->end()) return found->second;
  }
  const char* ours = std::getenv("PATH");
  return ours != nullptr ? ours : kUsual;
}

std::vector<std::string> candidatesFor(const SpawnOptions& options) {
  if (options.program.find('/') != std::string::npos) return {options.program};
  std::vector<std::string> candidates;
  const std::string path = searchPath(options);
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t end = std::min(path.find(':', start), path.size());
    const std::string folder = path.substr(start, end - start);
    candidates.push_back((folder.empty() ? "." : folder) + "/" + options.program);
    start = end + 1;
  }
  return candidates;
}

/// A ChildPlan and the strings that it points into.
class Preparation {
 public:
  explicit Preparation(const SpawnOptions& options) : options_(options) {
    if (options.program.empty()) cannotSpawn(options, "no program is named");
    plan.candidates = candidatesFor(options);
    plan.directory = options.directory.empty() ? nullptr : options.directory.c_str();
    plan.processGroup = options.processGroup;
    rlimit limit{};
    plan.openFiles =
        ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<int>(limit.rlim_cur) : 1024;
    prepareArguments();
    prepareEnvironment();
    prepareUser();
  }
  Preparation(const Preparation&) = delete;
  Preparation& operator=(const Preparation&) = delete;

  ChildPlan plan;

 private:
  /// execve takes pointers to non-const, and changes nothing.
  void add(std::vector<char*>& list, const std::string& text) {
    if (text.find('\0') != std::string::npos)
      cannotSpawn(options_, "an argument or variable has a NUL in it");
    list.push_back(const_cast<char*>(text.c_str()));
  }

  void prepareArguments() {
    add(plan.arguments, options_.name ? *options_.name : options_.program);
    for (const std::string& argument : options_.args) add(plan.arguments, argument);
    plan.arguments.push_back(nullptr);
  }

  void prepareEnvironment() {
    if (options_.environment) {
      variables_.reserve(options_.environment->size());  // they must not move
      for (const auto& [name, value] : *options_.environment) {
        add(plan.environment, variables_.emplace_back(name + "=" + value));
      }
    } else {
      for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
        plan.environment.push_back(*variable);
      }
    }
    plan.environment.push_back(nullptr);
  }

  /// The groups of the new user, or only the group that was asked for: never root's.
  void prepareUser() {
    if (options_.gid) {
      plan.setGroup = plan.setGroups = true;
      plan.gid = *options_.gid;
      plan.groups = {plan.gid};
    }
    if (!options_.uid) return;
    plan.setUser = true;
    plan.uid = *options_.uid;
    // sysconf(_SC_GETPW_R_SIZE_MAX) is 1024 or -1 and means little.
    std::vector<char> buffer(16 * 1024);
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwuid_r(plan.uid, &entry, buffer.data(), buffer.size(), &found) != 0 ||
        found == nullptr) {
      if (!options_.gid)
        cannotSpawn(options_, format("user {} is unknown; give a gid as well", plan.uid));
      return;
    }
    if (!options_.gid) plan.gid = entry.pw_gid;
    plan.setGroup = plan.setGroups = true;
    int count = 0;
    ::getgrouplist(entry.pw_name, plan.gid, nullptr, &count);
    plan.groups.resize(static_cast<std::size_t>(count));
    if (::getgrouplist(entry.pw_name, plan.gid, plan.groups.data(), &count) < 0) {
      cannotSpawn(options_, format("the groups of user {} cannot be read", plan.uid));
    }
  }

  const SpawnOptions& options_;
  std::vector<std::string> variables_;
};

/// fork, with all signals blocked until the child has reset its handlers:
/// one of ours must not run there.
pid_t forkQuietly(ChildPlan& plan) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  if (pid == 0) plan.run();
  const int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return pid;
}

std::string describe(const ChildFault& fault, const SpawnOptions& options) {
  const std::string reason = errnoText(fault.error);
  switch (fault.step) {
    case ChildFault::Step::directory:
      return format("cannot start {}: cannot enter {}: {}", options.program, options.directory,
                    reason);
    case ChildFault::Step::descriptors:
      return format(
          "cannot start {}: cannot set up its descriptors: {}; each shared one must be open, each "
          "number below the limit",
          options.program, reason);
    case ChildFault::Step::groups:
    case ChildFault::Step::group:
      return format("cannot start {}: cannot take the groups of uid or gid: {}; that needs root",
                    options.program, reason);
    case ChildFault::Step::user:
      return format("cannot start {}: cannot become user {}: {}; that needs root", options.program,
                    options.uid.value_or(0), reason);
    case ChildFault::Step::exec:
      break;
  }
  const bool searched = options.program.find('/') == std::string::npos;
  if (fault.error == ENOENT && searched) {
    return format("cannot start {}: not found in {}; install it, or give its path", options.program,
                  searchPath(options));
  }
  return format("cannot start {}: {}", options.program, reason);
}

}  // namespace

SpawnedChild spawnChild(const SpawnOptions& options) {
  Preparation preparation(options);
  ChildPlan& plan = preparation.plan;
  SpawnedChild child;
  std::vector<UniqueFd> theirs;  // closed here once the child has them
  for (const auto& [target, what] : options.childFDs) {
    if (target < 0) cannotSpawn(options, "a child's descriptor cannot be negative");
    if (what.kind() == ChildFd::Kind::shared) {
      plan.mappings.push_back({target, what.fd()});
      continue;
    }
    PipeEnds pipe = makePipe(options, what.kind() == ChildFd::Kind::weRead);
    plan.mappings.push_back({target, pipe.theirs.get()});
    theirs.push_back(std::move(pipe.theirs));
    child.pipes.emplace(target, std::move(pipe.ours));
  }
  PipeEnds fault = makePipe(options, true);
  plan.faultPipe = fault.theirs.get();
  child.fault = std::move(fault.ours);

  child.pid = forkQuietly(plan);
  if (child.pid < 0) cannotSpawn(options, errnoText(errno));
  // The child does it too: whoever comes first, it has one from now on.
  if (options.processGroup) ::setpgid(child.pid, child.pid);
  // Not reaped before we do so ourselves: the pid is still that child's.
  child.exit = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, child.pid, 0)));
  if (!child.exit) {
    const int error = errno;
    ::kill(child.pid, SIGKILL);
    ::waitpid(child.pid, nullptr, 0);
    cannotSpawn(options, format("no pidfd: {}; Linux 5.3 or later is needed", errnoText(error)));
  }
  return child;
}

SpawnFault faultOf(const UniqueFd& fault, const SpawnOptions& options) {
  ChildFault told;
  if (::read(fault.get(), &told, sizeof told) != sizeof told) return {};
  return {told.error, describe(told, options)};
}

}  // namespace ropewalk::detail
