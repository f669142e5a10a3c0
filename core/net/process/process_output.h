// What a program says: getProcessOutput and its kin. CORE-17; docs/processes.md.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "process.h"
#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/base/set_option.h"

namespace ropewalk {

/// The program said more than `limit`.
ROPEWALK_ERROR(ProcessOutputTooLong, Error);
/// getProcessOutput: the program wrote to its standard error, and `errortoo` was not set.
ROPEWALK_ERROR(ProcessWroteErrors, Error);

/// How a program is run, and how much of it is awaited. Setters can be chained.
class ProcessOutputOptions {
 public:
  using Environment = std::map<std::string, std::string>;

  /// For its standard input, which is closed then.
  ProcessOutputOptions& input(std::string value) {
    return setOption(*this, input_, std::move(value));
  }
  [[nodiscard]] const std::string& input() const noexcept { return input_; }
  /// getProcessOutput: take standard error into the output as well, in the order it comes.
  ProcessOutputOptions& errortoo(bool on) { return setOption(*this, errortoo_, on); }
  [[nodiscard]] bool errortoo() const noexcept { return errortoo_; }
  /// After which it is killed, and TimeoutError comes; none unless it is set.
  ProcessOutputOptions& timeout(Duration value) { return setOption(*this, timeout_, value); }
  [[nodiscard]] std::optional<Duration> timeout() const noexcept { return timeout_; }
  /// Bytes of standard output and error together, 16 MiB unless it is set. Past that it is killed,
  /// and ProcessOutputTooLong comes.
  ProcessOutputOptions& limit(std::size_t bytes) { return setOption(*this, limit_, bytes); }
  [[nodiscard]] std::size_t limit() const noexcept { return limit_; }
  /// All of it; unset: ours.
  ProcessOutputOptions& environment(Environment value) {
    return setOption(*this, environment_, std::move(value));
  }
  [[nodiscard]] const std::optional<Environment>& environment() const noexcept {
    return environment_;
  }
  /// One variable of an environment of its own, which begins empty.
  ProcessOutputOptions& variable(const std::string& name, std::string value) {
    if (!environment_) environment_.emplace();
    return setOption(*this, (*environment_)[name], std::move(value));
  }
  /// To start in; empty: ours.
  ProcessOutputOptions& directory(std::string value) {
    return setOption(*this, directory_, std::move(value));
  }
  [[nodiscard]] const std::string& directory() const noexcept { return directory_; }

 private:
  std::string input_;
  bool errortoo_ = false;
  std::optional<Duration> timeout_;
  std::size_t limit_ = 16 * 1024 * 1024;
  std::optional<Environment> environment_;
  std::string directory_;
};

namespace detail {
/// What a std::string can be made of.
template <class T>
concept MakesString = std::is_constructible_v<std::string, T>;
}  // namespace detail

/// The words behind a program's name: {"-c", file}, or a vector. A braced list of them compiles
/// inside a co_await expression of g++ 12 too, which one of a vector does not.
class Arguments {
 public:
  Arguments() = default;
  Arguments(std::vector<std::string> words)  // NOLINT(google-explicit-constructor)
      : words_(std::move(words)) {}
  template <detail::MakesString... Words>
  Arguments(Words&&... words) {  // NOLINT(google-explicit-constructor)
    words_.reserve(sizeof...(words));
    (words_.emplace_back(std::forward<Words>(words)), ...);
  }

  [[nodiscard]] const std::vector<std::string>& words() const& noexcept { return words_; }
  [[nodiscard]] std::vector<std::string> words() && noexcept { return std::move(words_); }

 private:
  std::vector<std::string> words_;
};

/// What a program said, and how it ended.
struct ProcessOutput {
  std::string out;   ///< its standard output
  std::string err;   ///< its standard error
  int exitCode = 0;  ///< 0 … 255
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
///     getProcessOutput(reactor, "git", {"rev-parse", "HEAD"})
///         .addCallback([](const std::string& commit) { log::info("at {}", trim(commit)); });
[[nodiscard]] Deferred<std::string> getProcessOutput(
    Reactor& reactor, std::string program, Arguments args = {},
    ProcessOutputOptions options = ProcessOutputOptions());
[[nodiscard]] Deferred<std::string> getProcessOutput(
    std::string program, Arguments args = {},
    ProcessOutputOptions options = ProcessOutputOptions());

/// Its exit code, 0 … 255.
[[nodiscard]] Deferred<int> getProcessValue(Reactor& reactor, std::string program,
                                            Arguments args = {},
                                            ProcessOutputOptions options = ProcessOutputOptions());
[[nodiscard]] Deferred<int> getProcessValue(std::string program, Arguments args = {},
                                            ProcessOutputOptions options = ProcessOutputOptions());

/// All of it, whatever the exit code.
[[nodiscard]] Deferred<ProcessOutput> getProcessOutputAndValue(
    Reactor& reactor, std::string program, Arguments args = {},
    ProcessOutputOptions options = ProcessOutputOptions());
[[nodiscard]] Deferred<ProcessOutput> getProcessOutputAndValue(
    std::string program, Arguments args = {},
    ProcessOutputOptions options = ProcessOutputOptions());

}  // namespace ropewalk
