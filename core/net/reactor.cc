// Run, stop and the turn between them; the reactor of the thread; react() for small programs.

#include "reactor.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>

#include "host_resolver.h"
#include "ropewalk/core/base/handle.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/net/detail/failed_listens.h"
#include "ropewalk/core/net/loop/blocking_calls.h"
#include "ropewalk/core/net/loop/detail/foreign_descriptors.h"
#include "ropewalk/core/net/loop/detail/sigpipe_block.h"
#include "ropewalk/core/net/loop/detail/system_events.h"
#include "ropewalk/core/net/loop/loop.h"
#include "ropewalk/core/net/loop/poller.h"
#include "ropewalk/core/net/loop/signals.h"
#include "ropewalk/core/net/stream/detail/output_chain.h"
#include "ropewalk/core/net/threads/threads.h"

namespace ropewalk {

namespace {

constexpr int kLastTurns = 16;  // of a reactor that has stopped

/// What installReactor chose for this thread.
std::string& chosenPoller() {
  thread_local std::string chosen;
  return chosen;
}

/// Nothing of what was asked of it has happened, and nobody was told.
void reportNeverRun(const Reactor& reactor) noexcept {
  const std::size_t calls = reactor.getDelayedCalls();
  if (reactor.everTurned() || (calls == 0 && reactor.connections() == 0)) return;
  log::error(
      "this thread ends without having run its reactor: {} timers and {} connections were waiting; "
      "call rw::reactor().run() or rw::react(main), or use the reactor of another thread",
      calls, reactor.connections());
}

/// The thread's default reactor. Its connections may write and look at handles to the very end, so
/// the thread's pools are made before it, and die after it.
std::unique_ptr<Reactor>& reactorOfThread() {
  struct OfThread {
    OfThread() = default;
    OfThread(const OfThread&) = delete;
    OfThread& operator=(const OfThread&) = delete;
    ~OfThread() {
      if (reactor) reportNeverRun(*reactor);
    }
    std::unique_ptr<Reactor> reactor;
  };
  Life().id();
  detail::FailedListens::prepareThread();
  detail::OutputChain().append(std::string_view("x"));
  thread_local OfThread ofThread;
  return ofThread.reactor;
}

std::string_view defaultPoller() {
  if (!chosenPoller().empty()) return chosenPoller();
  const char* named = std::getenv("ROPEWALK_REACTOR");
  if (named != nullptr && *named != '\0') return named;
  return reactorTypes().front();
}

}  // namespace

// Life.

Reactor::Reactor() : Reactor(defaultPoller()) {}

Reactor::Reactor(std::string_view poller) : Reactor(makePoller(poller), {}) {}

Reactor::Reactor(std::unique_ptr<Poller> poller, UniqueFunction<TimePoint()> time,
                 UniqueFunction<Timestamp()> wallTime)
    : time_(std::move(time)),
      readWallTime_(std::move(wallTime)),
      loop_(std::make_unique<detail::Loop>(*this, std::move(poller))),
      events_(std::make_unique<detail::SystemEvents>()),
      foreign_(std::make_unique<detail::ForeignDescriptors>(*loop_)),
      failedListens_(std::make_shared<detail::FailedListens>(
          [this](const Failure& failure) { end(failure); })) {
  updateNow();
}

Reactor::~Reactor() {
  failedListens_->close();
  loop_->blockingCalls()->close();
  // First whoever may still call us, then the connections, whose protocols may still ask
  // for names and timers.
  threads_.reset();
  disconnectAll();
  resolver_.reset();
  loop_->reap();
  slots_.clear();
}

void Reactor::run(RunOptions options) {
  everTurned_ = true;
  if (running_) throw ReactorAlreadyRunning("cannot run the reactor: it is running already");
  raiseEnd();
  running_ = true;
  const detail::SigpipeBlock noSigpipe;
  std::unique_ptr<SignalWatch> signals;
  if (options.installSignalHandlers) {
    const auto heard = [this, &signals](int signal) {
      const auto last = std::move(signals);  // the next one ends the program
      exitSignal_ = signal;
      if (state_ == State::running) stop();
    };
    signals = std::make_unique<SignalWatch>(*this, std::initializer_list<int>{SIGINT, SIGTERM},
                                            heard, Unheard::ends);
  }
  exitSignal_ = 0;
  stopRequested_ = false;
  crashed_ = false;
  state_ = State::running;
  loop_->blockingCalls()->open();
  updateNow();
  events_->fire("startup", [] {});
  while (state_ != State::ending) {
    turn(untilNextTimer());
    if (stopRequested_.exchange(false)) {
      if (state_ == State::running) shutDown();
    }
  }
  loop_->blockingCalls()->close();
  if (!crashed_) settle();
  if (threads_ && threads_->stopped()) threads_.reset();  // the next one is for the next run
  state_ = State::idle;
  running_ = false;
  raiseEnd();
}

void Reactor::raiseEnd() {
  if (const auto failure = std::exchange(end_, std::nullopt)) failure->raise();
}

void Reactor::end(const Failure& failure) {
  end_ = failure;
  if (state_ != State::running) return;
  stopRequested_ = true;
  loop_->wake();
}

void Reactor::settle() {
  // What the end of the connections set off: a few turns, without waiting.
  for (int turns = 0; turns < kLastTurns && loop_->busy(); ++turns) turn(Duration::zero());
}

void Reactor::stop() {
  if (!running_ || stopRequested_.exchange(true)) {
    throw ReactorNotRunning("cannot stop the reactor: it is not running, or stopping already");
  }
  loop_->wake();
}

void Reactor::crash() noexcept {
  crashed_ = true;
  state_ = State::ending;
  loop_->wake();
}

void Reactor::iterate(Duration wait) {
  everTurned_ = true;
  const detail::SigpipeBlock noSigpipe;
  updateNow();
  const Duration next = untilNextTimer();
  turn(next < Duration::zero() ? wait : std::min(wait, next));
  raiseEnd();
}

bool Reactor::running() const noexcept { return running_; }

std::string_view Reactor::name() const noexcept { return loop_->poller().name; }

int Reactor::exitSignal() const noexcept { return exitSignal_; }

void Reactor::shutDown() {
  state_ = State::stopping;
  addSystemEventTrigger(Phase::during, "shutdown", [this] {
    // A pool thread that waits for an answer could never be joined.
    loop_->blockingCalls()->close();
    if (threads_) threads_->stop();
    disconnectAll();
  });
  events_->fire("shutdown", [this] { state_ = State::ending; });
}

void Reactor::disconnectAll() {
  // Not reaped here: this may run inside a connectionLost, whose stream must live until
  // the end of the turn.
  loop_->forEach([](detail::Watch& watch) { watch.disconnect(); });
}

// One turn.

void Reactor::turn(Duration wait) {
  loop_->wait(wait);  // (1)
  updateNow();
  loop_->dispatch();                               // (2)
  timers_.runDue(now_, TimerQueue::Nested::wait);  // (3)
  loop_->runCalls();                               // (4)
  loop_->flush();                                  // (5)
  loop_->reap();                                   // (6)
}

void Reactor::updateNow() {
  now_ = time_ ? time_() : std::chrono::steady_clock::now();
  wallTime_.reset();
}

Timestamp Reactor::wallTime() const {
  if (!wallTime_) wallTime_ = readWallTime_ ? readWallTime_() : ropewalk::now();
  return *wallTime_;
}

Duration Reactor::untilNextTimer() const noexcept {
  const TimePoint next = timers_.next();
  if (next == TimePoint::max()) return Duration(-1);
  return std::max(Duration::zero(), next - now_);
}

// Calls.

void Reactor::callSoon(UniqueFunction<void()> f) { loop_->callSoon(std::move(f)); }

void Reactor::callFromThread(UniqueFunction<void()> f) { loop_->callFromThread(std::move(f)); }

void Reactor::callWhenRunning(UniqueFunction<void()> f) {
  if (running_) return f();
  addSystemEventTrigger(Phase::after, "startup", std::move(f));
}

std::uint64_t Reactor::addSystemEventTrigger(Phase phase, std::string_view event,
                                             AsyncFunction<Deferred<void>()> f) {
  return events_->add(phase, event, std::move(f));
}

void Reactor::removeSystemEventTrigger(std::uint64_t trigger) { events_->remove(trigger); }

// Descriptors of others.

void Reactor::addReader(int fd, UniqueFunction<void()> readable) {
  foreign_->addReader(fd, std::move(readable));
}
void Reactor::addWriter(int fd, UniqueFunction<void()> writable) {
  foreign_->addWriter(fd, std::move(writable));
}
void Reactor::removeReader(int fd) { foreign_->removeReader(fd); }
void Reactor::removeWriter(int fd) { foreign_->removeWriter(fd); }

std::size_t Reactor::connections() const noexcept { return loop_->streams(); }

// Names and threads.

HostResolver& Reactor::nameResolver() {
  if (!resolver_) resolver_ = makeHostResolver(*this);
  return *resolver_;
}

void Reactor::installNameResolver(std::unique_ptr<HostResolver> resolver) {
  resolver_ = std::move(resolver);
}

ThreadPool& Reactor::threadPool() {
  if (!threads_) threads_ = std::make_unique<ThreadPool>();
  return *threads_;
}

// The thread's reactor.

Reactor& reactor() {
  thread_local std::unique_ptr<Reactor>& ofThread = reactorOfThread();
  if (!ofThread) {
    if (detail::onPoolThread()) {
      throw std::logic_error(
          "nobody runs a reactor on this thread, which belongs to a thread pool: pass the reactor "
          "that is meant, and use callFromThread(f) or blockingCallFromThread(reactor, f)");
    }
    ofThread = std::make_unique<Reactor>();
  }
  return *ofThread;
}

Clock& defaultClock() { return reactor(); }

bool detail::isOfThisThread(const Reactor& reactor) { return reactorOfThread().get() == &reactor; }

void installReactor(std::string_view poller) {
  if (const auto& existing = reactorOfThread()) {
    throw ReactorAlreadyRunning("cannot install the " + std::string(poller) +
                                " reactor: this thread has the " + std::string(existing->name()) +
                                " reactor already");
  }
  // Throws NoSuchReactor for an unknown name.
  [[maybe_unused]] const auto known = makePoller(poller);
  chosenPoller() = poller;
}

namespace {

constexpr int kFailed = 1;
constexpr int kCannotListen = 4;  // as the ropewalk command has it

/// How main ended. It may do so long after react() has returned.
struct Outcome {
  bool settled = false;
  bool over = false;  // react() has returned
  int signal = 0;     // the one that cancelled main
  int status = 0;
};

int statusOf(const Failure& failure, const Reactor& loop, const Outcome& outcome) {
  const bool cancelled = failure.check<CancelledError>() != nullptr;
  if (cancelled && outcome.signal != 0) return 128 + outcome.signal;
  if (cancelled && outcome.over) return 0;
  log::error("{}", failure);
  const bool listening =
      loop.failedListens()->has(failure) || failure.check<CannotListenError>() != nullptr;
  return listening ? kCannotListen : kFailed;
}

void stopIfRunning(Reactor& loop) {
  try {
    loop.stop();
  } catch (const ReactorNotRunning&) {  // or is stopping already
  }
}

}  // namespace

int react(AsyncFunction<Deferred<void>()> main) {
  Reactor& loop = reactor();
  const auto outcome = std::make_shared<Outcome>();
  Deferred<void> done =
      main().addBoth([outcome, &loop](const Result<void>& result) -> Result<void> {
        if (!result.ok()) outcome->status = statusOf(result.failure(), loop, *outcome);
        outcome->settled = true;
        stopIfRunning(loop);
        return {};
      });
  std::unique_ptr<SignalWatch> signals = std::make_unique<SignalWatch>(
      loop, std::initializer_list<int>{SIGINT, SIGTERM},
      [&](int signal) {
        const auto last = std::move(signals);  // the next one ends the program
        outcome->signal = signal;
        done.cancel();
      },
      Unheard::ends);
  std::exception_ptr broken;
  try {
    outcome->settled ? loop.iterate() : loop.run();  // once, for what main has written
  } catch (...) {
    // A listen() failed, which was logged when nobody handled that.
    const bool listening = loop.failedListens()->has(Failure::current());
    outcome->status = listening ? kCannotListen : kFailed;
    if (!listening) broken = std::current_exception();
  }
  const int status = outcome->status;
  outcome->over = true;
  if (!outcome->settled) done.cancel();  // what main's captures refer to may end with our caller
  if (broken) std::rethrow_exception(broken);
  return status;
}

}  // namespace ropewalk
