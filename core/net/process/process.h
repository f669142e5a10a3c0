// Child processes: what to start, what it says, how it ends. Rules PR-01 to PR-06;
// docs/processes.md.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "ropewalk/core/async/lifetime.h"
#include "ropewalk/core/base/error.h"
#include "ropewalk/core/base/failure.h"
#include "ropewalk/core/base/handle.h"
#include "ropewalk/core/net/transport.h"

namespace ropewalk {

class Reactor;

/// Nothing could be started: no process, no descriptor left, no such user. Thrown by spawnProcess.
ROPEWALK_ERROR(CannotSpawnError, Error);

/// The process ended with exit code 0 (PR-02).
ROPEWALK_ERROR(ProcessDone, Error);

/// The process ended in any other way (PR-02).
class ProcessTerminated : public Error {
 public:
  ProcessTerminated(std::string message, int exitCode, int signal)
      : Error(std::move(message)), exitCode_(exitCode), signal_(signal) {}
  std::string_view kind() const noexcept override { return "ProcessTerminated"; }

  /// 1 … 255; -1 when a signal ended it, or nobody knows.
  [[nodiscard]] int exitCode() const noexcept { return exitCode_; }
  /// The signal that ended it, or 0.
  [[nodiscard]] int signal() const noexcept { return signal_; }

 private:
  int exitCode_;
  int signal_;
};

/// The program never ran: it is not there, must not be executed, or the child could not be set up
/// (PR-04). Its exit code is 127.
class ProcessNotStarted : public ProcessTerminated {
 public:
  ProcessNotStarted(std::string message, std::error_code reason)
      : ProcessTerminated(std::move(message), 127, 0), reason_(reason) {}
  std::string_view kind() const noexcept override { return "ProcessNotStarted"; }

  /// What the kernel said: compare with std::errc::no_such_file_or_directory and the like.
  [[nodiscard]] std::error_code reason() const noexcept { return reason_; }

 private:
  std::error_code reason_;
};

/// What a descriptor of the child is: 'w' a pipe that we write to and the child reads, 'r' a pipe
/// that we read, a number: one of our own descriptors, shared with the child.
class ChildFd {
 public:
  enum class Kind : std::uint8_t { weWrite, weRead, shared };

  /// @throws std::invalid_argument for another letter
  ChildFd(char direction);  // NOLINT(google-explicit-constructor): {0, 'w'} reads well
  ChildFd(int fd) noexcept : kind_(Kind::shared), fd_(fd) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  [[nodiscard]] int fd() const noexcept { return fd_; }

 private:
  Kind kind_;
  int fd_ = -1;
};

/// Which program to start, and what it finds when it begins.
struct SpawnOptions {
  /// A path; without a slash it is looked for in PATH (the child's, if it has one).
  std::string program;
  /// Without the program's name.
  std::vector<std::string> args{};
  /// All of it; unset: ours.
  std::optional<std::map<std::string, std::string>> environment{};
  /// To start in; empty: ours.
  std::string directory{};
  /// Both need root. With a uid, the groups become that user's.
  std::optional<unsigned> uid{};
  std::optional<unsigned> gid{};
  /// By the child's number; all others are closed.
  std::map<int, ChildFd> childFDs{{0, 'w'}, {1, 'r'}, {2, 'r'}};
  /// A group of its own: Ctrl-C does not reach it, signalProcess reaches its children too.
  bool processGroup = false;
  /// argv[0]; unset: program.
  std::optional<std::string> name{};
};

/// A running child. Owned by the reactor until it has ended and its pipes are closed; lives on
/// the reactor's thread.
///
/// Each pipe is a Transport of its own: writes are gathered, producers and pausing
/// work as on a socket.
class ProcessTransport {
 public:
  virtual ~ProcessTransport() = default;

  /// 0 once it has ended.
  [[nodiscard]] virtual int pid() const noexcept = 0;
  /// The stream to or from the child's descriptor; the null transport when that
  /// is no pipe, or closed.
  [[nodiscard]] virtual Transport& pipe(int childFD) const noexcept = 0;
  /// Sends a signal to the process, or to its group if it has one of its own.
  /// @throws ProcessExitedAlready (PR-03); std::system_error where that is not allowed
  virtual void signalProcess(int signal) = 0;
  /// @param signal  "TERM", "SIGTERM", "KILL", "HUP", "INT", "STOP" …
  /// @throws std::invalid_argument for an unknown name
  void signalProcess(std::string_view signal);
  /// Closes all pipes, after what was written to them has left. The child goes on until it notices,
  /// or gets a signal (PR-06).
  virtual void loseConnection() = 0;
  [[nodiscard]] virtual Reactor& reactor() const = 0;
  /// For Handle; ends right after processEnded.
  [[nodiscard]] virtual Life& life() noexcept = 0;

  void write(std::string_view data) { pipe(0).write(data); }
  void writeToChild(int childFD, std::string_view data) { pipe(childFD).write(data); }
  void closeStdin() { closeChildFD(0); }
  void closeStdout() { closeChildFD(1); }
  void closeStderr() { closeChildFD(2); }
  void closeChildFD(int childFD) { pipe(childFD).loseConnection(); }
  /// A producer for the child's standard input.
  void registerProducer(Producer& producer, Streaming streaming) {
    pipe(0).registerProducer(producer, streaming);
  }
  void unregisterProducer() { pipe(0).unregisterProducer(); }
  /// Stop and resume what the child says on every pipe that we read.
  virtual void pauseProducing() = 0;
  virtual void resumeProducing() = 0;

  /// The transport of a protocol whose process has ended: swallows everything, knows no pid.
  static ProcessTransport& null() noexcept;
};

/// What is said to and by one child process. Owned by its transport; lives on the reactor's thread.
///
/// The order of events (PR-01): connectionMade once; data and lost pipes as they come;
/// processExited when the process has ended, which may be before its last words are read;
/// processEnded once, last, when it has ended *and* all pipes are closed.
/// A grandchild that holds a pipe open delays processEnded, not processExited. An exception that
/// leaves one of them is logged.
///
///     struct Count : ProcessProtocol {
///       void connectionMade() override {
///         transport().write("one\ntwo\n");
///         transport().closeStdin();
///       }
///       void outReceived(std::string_view data) override { count += data; }
///       void processEnded(const Failure& why) override { log::info("{}: {}", why, count); }
///       std::string count;
///     };
///     reactor.spawnProcess(std::make_unique<Count>(), {.program = "wc", .args = {"-l"}});
class ProcessProtocol {
 public:
  ProcessProtocol() = default;
  ProcessProtocol(const ProcessProtocol&) = delete;
  ProcessProtocol& operator=(const ProcessProtocol&) = delete;
  virtual ~ProcessProtocol();

  virtual void connectionMade() {}
  /// @param data  never empty; dies when the call returns
  virtual void childDataReceived(int childFD, std::string_view data);
  virtual void outReceived(std::string_view /*data*/) {}
  virtual void errReceived(std::string_view /*data*/) {}
  /// A pipe is closed, by the child or by us.
  virtual void childConnectionLost(int childFD);
  virtual void inConnectionLost() {}
  virtual void outConnectionLost() {}
  virtual void errConnectionLost() {}
  /// @param reason  ProcessDone, ProcessTerminated, ProcessNotStarted
  virtual void processExited(const Failure& /*reason*/) {}
  virtual void processEnded(const Failure& /*reason*/) {}

  [[nodiscard]] ProcessTransport& transport() const noexcept { return *transport_; }
  /// Owns the Deferreds that this protocol waits for; they are cancelled before it dies.
  [[nodiscard]] Lifetime& lifetime();

  /// What transports do, and tests.
  void makeConnection(ProcessTransport& transport);
  void endConnection(const Failure& reason);

 private:
  ProcessTransport* transport_ = &ProcessTransport::null();
  std::unique_ptr<Lifetime> lifetime_;
};

}  // namespace ropewalk
