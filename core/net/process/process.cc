// A child that runs: one stream for each pipe, a pidfd that tells its end, and the fault pipe that
// tells whether its program ever ran. pidfd_open(2), waitid(2).

#include "process.h"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "ropewalk/core/base/errno_text.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/net/process/detail/process_spawn.h"
#include "ropewalk/core/net/protocol.h"
#include "ropewalk/core/net/reactor.h"

namespace ropewalk {

namespace {

class NullProcess final : public ProcessTransport {
 public:
  using ProcessTransport::signalProcess;
  [[nodiscard]] int pid() const noexcept override { return 0; }
  [[nodiscard]] Transport& pipe(int /*childFD*/) const noexcept override {
    return Transport::null();
  }
  void signalProcess(int /*signal*/) override {
    throw ProcessExitedAlready("cannot signal the process: it has ended");
  }
  void loseConnection() override {}
  void pauseProducing() override {}
  void resumeProducing() override {}
  [[nodiscard]] Reactor& reactor() const override {
    throw std::logic_error("cannot reach the reactor: this process has ended");
  }
  [[nodiscard]] Life& life() noexcept override {
    thread_local Life none;
    return none;
  }
};

/// How a child ended, as waitid tells it.
Failure endOf(const siginfo_t& end, const SpawnOptions& options) {
  if (end.si_code == CLD_EXITED && end.si_status == 0) {
    return ProcessDone(format("{} ended with exit code 0", options.program));
  }
  if (end.si_code == CLD_EXITED) {
    return ProcessTerminated(format("{} ended with exit code {}", options.program, end.si_status),
                             end.si_status, 0);
  }
  const char* core = end.si_code == CLD_DUMPED ? ", core dumped" : "";
  const char* name = ::sigabbrev_np(end.si_status);
  return ProcessTerminated(format("{} was ended by signal {} (SIG{}){}", options.program,
                                  end.si_status, name != nullptr ? name : "?", core),
                           -1, end.si_status);
}

/// A running child. Kept alive by those who wait for its end:
/// the reader of its pidfd, and its pipes.
class Process final : public ProcessTransport, public std::enable_shared_from_this<Process> {
 public:
  Process(Reactor& reactor, SpawnOptions options, std::unique_ptr<ProcessProtocol> protocol)
      : reactor_(reactor), options_(std::move(options)), protocol_(std::move(protocol)) {}
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() override = default;

  void start(detail::SpawnedChild child);

  using ProcessTransport::signalProcess;
  [[nodiscard]] int pid() const noexcept override { return pid_; }
  [[nodiscard]] Transport& pipe(int childFD) const noexcept override {
    const auto found = pipes_.find(childFD);
    return found == pipes_.end() ? Transport::null() : *found->second;
  }
  void signalProcess(int signal) override;
  void loseConnection() override;
  void pauseProducing() override;
  void resumeProducing() override;
  [[nodiscard]] Reactor& reactor() const override { return reactor_; }
  [[nodiscard]] Life& life() noexcept override { return life_; }

 private:
  class Pipe;

  void giveUp() noexcept;
  void readFault();
  void exited();
  Failure reap();
  void pipeLost(int childFD);
  void endIfOver();
  template <class F>
  void guarded(F f);

  Reactor& reactor_;
  const SpawnOptions options_;
  std::unique_ptr<ProcessProtocol> protocol_;
  int pid_ = 0;
  UniqueFd exit_;
  UniqueFd fault_;
  std::map<int, Transport*> pipes_;      // the open ones; the reactor owns them
  std::unique_ptr<Failure> notStarted_;  // once its fault pipe said so
  std::unique_ptr<Failure> reason_;      // once it has ended
  bool starting_ = true;                 // the pipes are not all there yet
  bool ended_ = false;
  Life life_;
};

/// One pipe, as the protocol of its stream.
class Process::Pipe final : public Protocol {
 public:
  Pipe(std::shared_ptr<Process> process, int childFD)
      : process_(std::move(process)), childFD_(childFD) {}

  void connectionMade() override { process_->pipes_[childFD_] = &transport(); }
  void dataReceived(std::string_view data) override {
    process_->guarded([&] { process_->protocol_->childDataReceived(childFD_, data); });
  }
  void connectionLost(const Failure& /*reason*/) override { process_->pipeLost(childFD_); }

 private:
  const std::shared_ptr<Process> process_;
  const int childFD_;
};

template <class F>
void Process::guarded(F f) {
  if (ended_) return;
  try {
    f();
  } catch (...) {
    log::error("unhandled error in the protocol of process {} ({}): {}", pid_, options_.program,
               Failure::current().getTraceback());
  }
}

void Process::start(detail::SpawnedChild child) {
  const auto self = shared_from_this();
  pid_ = child.pid;
  exit_ = std::move(child.exit);
  fault_ = std::move(child.fault);
  try {
    for (auto& [childFD, fd] : child.pipes) {
      reactor_.adoptStreamConnection(std::move(fd), std::make_unique<Pipe>(self, childFD));
    }
    reactor_.addReader(fault_.get(), [self] { self->readFault(); });
    reactor_.addReader(exit_.get(), [self] { self->exited(); });
  } catch (...) {
    giveUp();
    throw CannotSpawnError(
        format("cannot start {}: {}", options_.program, Failure::current().getErrorMessage()));
  }
  starting_ = false;
  guarded([this] { protocol_->makeConnection(*this); });
}

/// The reactor cannot watch it: without its protocol noticing anything, it has never been.
void Process::giveUp() noexcept {
  ended_ = true;
  if (fault_) reactor_.removeReader(fault_.get());
  if (exit_) reactor_.removeReader(exit_.get());
  for (const auto& [childFD, stream] : pipes_) stream->abortConnection();
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

/// It ends, empty, when the program runs: from then on a descriptor less is open.
void Process::readFault() {
  if (!fault_) return;
  reactor_.removeReader(fault_.get());
  detail::SpawnFault fault = detail::faultOf(fault_, options_);
  if (fault.error != 0) {
    notStarted_ = std::make_unique<Failure>(ProcessNotStarted(
        std::move(fault.message), std::error_code(fault.error, std::generic_category())));
  }
  fault_.reset();
}

void Process::signalProcess(int signal) {
  if (pid_ == 0)
    throw ProcessExitedAlready(format("cannot signal {}: it has ended", options_.program));
  // Only we reap it, so until then the pid is its own, also if it has just ended.
  if (::kill(options_.processGroup ? -pid_ : pid_, signal) == 0) return;
  throw std::system_error(errno, std::generic_category(),
                          format("cannot signal {}", options_.program));
}

void Process::loseConnection() {
  for (const auto& [childFD, stream] : pipes_) stream->loseConnection();
}

void Process::pauseProducing() {
  for (const auto& [childFD, stream] : pipes_) {
    if (options_.childFDs.at(childFD).kind() == ChildFd::Kind::weRead) stream->pauseProducing();
  }
}

void Process::resumeProducing() {
  for (const auto& [childFD, stream] : pipes_) {
    if (options_.childFDs.at(childFD).kind() == ChildFd::Kind::weRead) stream->resumeProducing();
  }
}

void Process::exited() {
  const auto self = shared_from_this();
  reactor_.removeReader(exit_.get());
  reason_ = std::make_unique<Failure>(reap());
  pid_ = 0;
  exit_.reset();
  guarded([this] { protocol_->processExited(*reason_); });
  endIfOver();
}

Failure Process::reap() {
  siginfo_t end{};
  const auto which = static_cast<id_t>(exit_.get());
  if (::waitid(static_cast<idtype_t>(P_PIDFD), which, &end, WEXITED) != 0) {
    // Somebody else waits for all children of this program, or it ignores SIGCHLD: the kernel has
    // forgotten how it ended.
    return ProcessTerminated(
        format("{} ended, nobody knows how: {}; leave SIGCHLD and wait() to the library",
               options_.program, errnoText(errno)),
        -1, 0);
  }
  readFault();  // its last word came before its end, even if the reactor has yet to notice
  return notStarted_ ? *notStarted_ : endOf(end, options_);
}

void Process::pipeLost(int childFD) {
  pipes_.erase(childFD);
  guarded([&] { protocol_->childConnectionLost(childFD); });
  endIfOver();
}

void Process::endIfOver() {
  if (ended_ || starting_ || !reason_ || !pipes_.empty()) return;
  guarded([this] { protocol_->endConnection(*reason_); });
  ended_ = true;
  life_.end();
}

}  // namespace

ChildFd::ChildFd(char direction) : kind_(direction == 'w' ? Kind::weWrite : Kind::weRead) {
  if (direction != 'r' && direction != 'w') {
    throw std::invalid_argument(
        format("a child's descriptor is 'r', 'w' or a number, not '{}'", direction));
  }
}

void ProcessTransport::signalProcess(std::string_view signal) {
  if (signal.starts_with("SIG")) signal.remove_prefix(3);
  for (int number = 1; number < NSIG; ++number) {
    const char* name = ::sigabbrev_np(number);
    if (name != nullptr && signal == name) return signalProcess(number);
  }
  throw std::invalid_argument(format("there is no signal \"{}\"", signal));
}

ProcessTransport& ProcessTransport::null() noexcept {
  static NullProcess process;  // has no state, so that all threads may share it
  return process;
}

ProcessProtocol::~ProcessProtocol() {
  if (lifetime_) lifetime_->end();
}

void ProcessProtocol::childDataReceived(int childFD, std::string_view data) {
  if (childFD == 1) outReceived(data);
  if (childFD == 2) errReceived(data);
}

void ProcessProtocol::childConnectionLost(int childFD) {
  if (childFD == 0) inConnectionLost();
  if (childFD == 1) outConnectionLost();
  if (childFD == 2) errConnectionLost();
}

Lifetime& ProcessProtocol::lifetime() {
  if (!lifetime_) lifetime_ = std::make_unique<Lifetime>();
  return *lifetime_;
}

void ProcessProtocol::makeConnection(ProcessTransport& transport) {
  transport_ = &transport;
  connectionMade();
}

void ProcessProtocol::endConnection(const Failure& reason) {
  struct Ending {
    ProcessProtocol& self;
    ~Ending() {
      if (self.lifetime_) self.lifetime_->end();
      self.transport_ = &ProcessTransport::null();
    }
  } const ending{*this};
  processEnded(reason);
}

Handle<ProcessTransport> Reactor::spawnProcess(std::unique_ptr<ProcessProtocol> protocol,
                                               SpawnOptions options) {
  detail::SpawnedChild child = detail::spawnChild(options);
  const auto process = std::make_shared<Process>(*this, std::move(options), std::move(protocol));
  const Handle<ProcessTransport> handle(*process, process->life());
  process->start(std::move(child));
  return handle;
}

}  // namespace ropewalk
