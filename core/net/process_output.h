// What a program says: getProcessOutput and its kin. CORE-17; docs/processes.md.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/net/process.h"

namespace ropewalk {

/// The program said more than `limit`.
ROPEWALK_ERROR(ProcessOutputTooLong, Error);
/// getProcessOutput: the program wrote to its standard error, and `errortoo` was not set.
ROPEWALK_ERROR(ProcessWroteErrors, Error);

struct ProcessOutputOptions {
  /// For its standard input, which is closed then.
  std::string input{};
  /// getProcessOutput: take standard error into the output as well, in the order it comes.
  bool errortoo = false;
  /// After which it is killed, and TimeoutError comes.
  std::optional<Duration> timeout{};
  /// Bytes of standard output and error together; past it, it is killed.
  std::size_t limit = 16 * 1024 * 1024;
  /// As in SpawnOptions.
  std::optional<std::map<std::string, std::string>> environment{};
  std::string directory{};
};

struct ProcessOutput {
  std::string out;
  std::string err;
  int exitCode = 0;
};

/// A signal ended the program: what it had said until then (CORE-17).
class ProcessSignalled : public ProcessTerminated {
 public:
  ProcessSignalled(const ProcessTerminated& end, ProcessOutput output)
      : ProcessTerminated(end.what(), end.exitCode(), end.signal()), output_(std::move(output)) {}
  std::string_view kind() const noexcept override { return "ProcessSignalled"; }
  [[nodiscard]] const ProcessOutput& output() const noexcept { return output_; }

 private:
  ProcessOutput output_;
};

// Runs a program to its end, without a shell. All three fail with ProcessNotStarted when it cannot
// be run (CannotSpawnError when not even a process can be made), with ProcessSignalled when a
// signal ended it. Cancelling kills it. The calls without a reactor use the thread's.

/// What it wrote to its standard output. Fails with ProcessWroteErrors when it wrote to standard
/// error (unless `errortoo`), with ProcessTerminated when its exit code is not 0; the message
/// quotes what it said there.
///
///     getProcessOutput(reactor, "git", {"rev-parse", "HEAD"}).addCallback(...)
[[nodiscard]] Deferred<std::string> getProcessOutput(Reactor& reactor, std::string program,
                                                     std::vector<std::string> args = {},
                                                     ProcessOutputOptions options = {});
[[nodiscard]] Deferred<std::string> getProcessOutput(std::string program,
                                                     std::vector<std::string> args = {},
                                                     ProcessOutputOptions options = {});

/// Its exit code, 0 … 255.
[[nodiscard]] Deferred<int> getProcessValue(Reactor& reactor, std::string program,
                                            std::vector<std::string> args = {},
                                            ProcessOutputOptions options = {});
[[nodiscard]] Deferred<int> getProcessValue(std::string program, std::vector<std::string> args = {},
                                            ProcessOutputOptions options = {});

/// All of it, whatever the exit code.
[[nodiscard]] Deferred<ProcessOutput> getProcessOutputAndValue(Reactor& reactor,
                                                               std::string program,
                                                               std::vector<std::string> args = {},
                                                               ProcessOutputOptions options = {});
[[nodiscard]] Deferred<ProcessOutput> getProcessOutputAndValue(std::string program,
                                                               std::vector<std::string> args = {},
                                                               ProcessOutputOptions options = {});

}  // namespace ropewalk
