// A table of atomics that the handler reads, and a pipe to each reactor: all that is allowed in
// a handler. signal-safety(7).

#include "signals.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "ropewalk/core/base/failure.h"
#include "ropewalk/core/base/fd.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/net/reactor.h"

namespace ropewalk {

namespace {

constexpr int kSignals = 64;  // 1 … 64 on Linux: one bit each
constexpr std::size_t kWatches = 64;

/// Signals are the process's, and a handler gets no argument of ours: so this is one table for the
/// process, of lock-free atomics, which is all that a handler may touch.
struct Entry {
  std::atomic<std::uint64_t> wanted{0};  // bit n-1: signal n
  std::atomic<int> pipe{-1};
  std::atomic<bool> ends{false};  // Unheard::ends
  std::atomic<int> unheard{0};    // then: signals whose function has not returned
};
std::array<Entry, kWatches> entries;
std::atomic<int> handlersRunning{0};
static_assert(std::atomic<int>::is_always_lock_free &&
              std::atomic<std::uint64_t>::is_always_lock_free);

std::mutex tableMutex;                                // for those who change the table
std::array<int, kSignals + 1> watchers{};             // under tableMutex, by signal
std::array<struct sigaction, kSignals + 1> before{};  // likewise: what the first watcher found

std::uint64_t bit(int signal) { return std::uint64_t{1} << (signal - 1); }

/// As if nobody watched: the handler that was there before gets it, or else it ends the process,
/// also where it was ignored, and process 1, which the kernel spares.
void passOn(int signal) {
  constexpr int kSignalled = 128;  // as shells have it
  struct sigaction former = before[signal];
  const bool handled = former.sa_handler != SIG_DFL && former.sa_handler != SIG_IGN;
  if (!handled) former.sa_handler = SIG_DFL;
  ::sigaction(signal, &former, nullptr);
  sigset_t own;
  sigemptyset(&own);
  sigaddset(&own, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &own, nullptr);
  std::raise(signal);
  if (!handled) ::_exit(kSignalled + signal);
}

void handle(int signal) {
  const int saved = errno;
  handlersRunning.fetch_add(1);
  for (Entry& entry : entries) {
    if ((entry.wanted.load() & bit(signal)) == 0) continue;
    if (entry.ends.load() && entry.unheard.fetch_add(1) > 0) {
      passOn(signal);
      continue;
    }
    const auto byte = static_cast<char>(signal);
    // A full pipe means that the reactor has thousands to go through: one more tells it nothing.
    if (const int pipe = entry.pipe.load(); pipe >= 0) {
      [[maybe_unused]] const auto written = ::write(pipe, &byte, 1);
    }
  }
  handlersRunning.fetch_sub(1);
  errno = saved;
}

void catchSignal(int signal) {
  if (signal < 1 || signal > kSignals) {
    throw std::system_error(EINVAL, std::generic_category(),
                            "cannot watch signal " + std::to_string(signal));
  }
  if (watchers[signal] == 0) {
    struct sigaction action {};
    action.sa_handler = handle;
    action.sa_flags = SA_RESTART;  // library code elsewhere may not expect EINTR
    sigfillset(&action.sa_mask);
    if (::sigaction(signal, &action, &before[signal]) != 0) {
      throw std::system_error(errno, std::generic_category(),
                              "cannot watch signal " + std::to_string(signal));
    }
  }
  ++watchers[signal];
}

void releaseSignal(int signal) noexcept {
  if (--watchers[signal] == 0) ::sigaction(signal, &before[signal], nullptr);
}

/// One watch's place in the table.
class Registration {
 public:
  Registration(std::initializer_list<int> signals, int pipe, Unheard unheard) {
    const std::lock_guard lock(tableMutex);
    for (Entry& entry : entries) {
      if (entry.pipe.load() < 0) entry_ = &entry;
    }
    if (entry_ == nullptr)
      throw std::length_error("cannot watch more signals: 64 watches are there already");
    try {
      for (const int signal : signals) {
        catchSignal(signal);
        signals_.push_back(signal);
      }
    } catch (...) {
      release();
      throw;
    }
    entry_->pipe.store(pipe);
    entry_->unheard.store(0);
    entry_->ends.store(unheard == Unheard::ends);
    std::uint64_t wanted = 0;
    for (const int signal : signals_) wanted |= bit(signal);
    entry_->wanted.store(wanted);
  }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

  /// When it returns, no handler writes to the pipe any more.
  ~Registration() {
    const std::lock_guard lock(tableMutex);
    entry_->wanted.store(0);
    release();
    // A handler on another thread may have read the descriptor just before; it is done in no time.
    while (handlersRunning.load() != 0) std::this_thread::yield();
    entry_->pipe.store(-1);
  }

  /// The function has returned.
  void heard() noexcept { entry_->unheard.fetch_sub(1); }

 private:
  void release() noexcept {
    for (const int signal : signals_) releaseSignal(signal);
  }

  Entry* entry_ = nullptr;
  std::vector<int> signals_;
};

}  // namespace

struct SignalWatch::State {
  State(Reactor& reactor, UniqueFunction<void(int)> f) : reactor(reactor), f(std::move(f)) {
    int ends[2];
    if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) {
      throw std::system_error(errno, std::generic_category(), "cannot make a pipe for signals");
    }
    readEnd = UniqueFd(ends[0]);
    writeEnd = UniqueFd(ends[1]);
  }

  void read() {
    char bytes[64];
    const ssize_t got = ::read(readEnd.get(), bytes, sizeof bytes);
    for (ssize_t i = 0; i < got && !over; ++i) {
      try {
        f(bytes[i]);
      } catch (...) {
        log::error("unhandled error in the callback of signal {}: {}", static_cast<int>(bytes[i]),
                   Failure::current().getTraceback());
      }
      if (registration != nullptr) registration->heard();
    }
  }

  Reactor& reactor;
  UniqueFunction<void(int)> f;
  UniqueFd readEnd;
  UniqueFd writeEnd;
  std::unique_ptr<Registration> registration;
  bool over = false;
};

SignalWatch::SignalWatch(Reactor& reactor, std::initializer_list<int> signals,
                         UniqueFunction<void(int)> f, Unheard unheard)
    : state_(std::make_shared<State>(reactor, std::move(f))) {
  state_->registration = std::make_unique<Registration>(signals, state_->writeEnd.get(), unheard);
  reactor.addReader(state_->readEnd.get(), [state = state_] {
    const auto kept = state;  // f may destroy the watch, and this closure with it
    kept->read();
  });
}

SignalWatch::~SignalWatch() {
  state_->over = true;
  state_->registration.reset();
  state_->reactor.removeReader(state_->readEnd.get());
}

}  // namespace ropewalk
