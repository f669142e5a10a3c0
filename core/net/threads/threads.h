// Threads beside the reactor: a pool for calls that block, and the ways to and fro.
// docs/threads.md.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/base/error.h"
#include "ropewalk/core/net/loop/blocking_calls.h"

namespace ropewalk {

class Reactor;

/// Work was given to a pool that has stopped.
ROPEWALK_ERROR(ThreadPoolStopped, Error);

/// How many threads a pool has, and how long they stay.
struct ThreadPoolOptions {
  /// Threads that stay although there is nothing to do, once they were needed.
  std::size_t min = 0;
  /// Threads at most; what comes while all are busy waits its turn.
  std::size_t max = 10;
  /// After which a thread without work ends.
  Duration idle = 10s;
  /// Of the threads, with a number behind: what top and gdb show (15 bytes in all).
  std::string name = "ropewalk";
};

/// Threads for calls that block. Made on demand, reused, ended when idle. Work starts in the
/// order it was submitted.
///
/// Any thread may submit. The threads block every signal, so that signals go to the threads that
/// the program knows. A reactor has one, threadPool(), which it stops when it shuts down; a pool of
/// one's own must be stopped before whom it calls back dies.
class ThreadPool {
 public:
  /// @throws std::invalid_argument unless 0 ≤ min ≤ max and 1 ≤ max
  explicit ThreadPool(ThreadPoolOptions options = ThreadPoolOptions());
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  /// stop()
  ~ThreadPool();

  /// Runs `work` on a thread of the pool and destroys it there. What it throws is logged.
  /// Any thread.
  /// @throws ThreadPoolStopped after stop(); std::system_error when not even one thread can be made
  void submit(UniqueFunction<void()> work);
  /// Takes no more work, finishes what was submitted, and waits for the threads to end. Not from
  /// one of them (std::logic_error). May be called again.
  void stop();

  /// Whether stop() was called. This and the counts: any thread.
  [[nodiscard]] bool stopped() const;
  /// How many threads there are; how many of them work; how many pieces of work wait for one.
  [[nodiscard]] std::size_t threads() const;
  [[nodiscard]] std::size_t busy() const;
  [[nodiscard]] std::size_t waiting() const;

 private:
  using Threads = std::list<std::thread>;

  void startThread();
  void run(Threads::iterator self, std::size_t number);
  [[nodiscard]] bool waitForWork(std::unique_lock<std::mutex>& lock);
  void joinEnded();

  const ThreadPoolOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;  // there is work, or the end
  std::condition_variable threadEnded_;
  std::deque<UniqueFunction<void()>> work_;  // this and all below under mutex_
  Threads threads_;
  Threads ended_;  // to be joined
  std::size_t idle_ = 0;
  std::size_t made_ = 0;
  bool stopping_ = false;
};

namespace detail {

/// Has `deliver` called on the reactor's thread.
void callHome(Reactor& reactor, UniqueFunction<void()> deliver);
[[nodiscard]] ThreadPool& threadPoolOf(Reactor& reactor);
[[nodiscard]] std::shared_ptr<BlockingCalls> blockingCallsOf(Reactor& reactor);
[[nodiscard]] Reactor& reactorOfThisThread();
/// Whether a ThreadPool made this thread.
[[nodiscard]] bool onPoolThread() noexcept;
[[nodiscard]] bool isOfThisThread(const Reactor& reactor);
/// @throws std::logic_error when this is the thread whose reactor is to answer
void refuseToWaitForOneself(const Reactor& reactor);

/// What a function gives, without the Deferred or Result around it.
template <class R>
struct Plain {
  using Value = R;
  static constexpr bool kDeferred = false;
};
template <class T>
struct Plain<Result<T>> : Plain<T> {};
template <class T>
struct Plain<Deferred<T>> {
  using Value = T;
  static constexpr bool kDeferred = true;
};

/// f(), whatever comes of it.
template <class T, class F>
Result<T> resultOf(F& f) noexcept {
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<F&>>) {
      f();
      return Result<void>();
    } else {
      return f();
    }
  } catch (...) {
    return Failure::current();
  }
}

/// A call on its way through the pool. `f` and `result` go with it from thread to thread; `source`
/// is touched on the reactor's only.
template <class T, class F>
struct ThreadCall {
  explicit ThreadCall(F&& f) : f(std::move(f)) {}
  void run() noexcept {
    result.emplace(resultOf<T>(*f));
    f.reset();
  }
  void deliver() { source.fire(*std::move(result)); }

  std::optional<F> f;
  std::optional<Result<T>> result;
  Source<T> source;
};

}  // namespace detail

/// Runs f on a thread of `pool`; the Deferred fires on the reactor's thread, from which this is
/// called, with what f gave or threw.
///
/// f is destroyed on the pool's thread, right after the call; its result on the reactor's.
/// Cancelling fires CancelledError at once and drops the late result: nothing stops the thread
/// (D-25). Fails with ThreadPoolStopped after the pool has stopped. `pool` must be stopped before
/// the reactor is destroyed.
template <class F>
[[nodiscard]] auto deferToThreadPool(Reactor& reactor, ThreadPool& pool, F f) {
  using Given = detail::Plain<std::invoke_result_t<F&>>;
  static_assert(!Given::kDeferred,
                "a Deferred lives on one thread: give its value, or use the reactor");
  using T = typename Given::Value;
  auto call = std::make_unique<detail::ThreadCall<T, F>>(std::move(f));
  auto& waiting = *call;
  try {
    pool.submit([&reactor, call = std::move(call)]() mutable {
      call->run();
      detail::callHome(reactor, [call = std::move(call)] { call->deliver(); });
    });
  } catch (...) {
    return fail<T>(Failure::current());
  }
  // The call is alive: only this thread delivers it, and it is here.
  return waiting.source.deferred();
}

/// The same on the reactor's own pool: up to ten threads, finished and joined when
/// the reactor shuts down.
///
///     std::string slowDigest(std::string_view data);  // takes a second
///
///     struct Digester : Protocol {
///       void dataReceived(std::string_view data) override {
///         auto digest = deferToThread(transport().reactor(),
///                                     [kept = std::string(data)] { return slowDigest(kept); });
///         lifetime().own(std::move(digest).addCallback(
///             [this](std::string text) { transport().write(std::move(text)); }));
///       }
///     };
template <class F>
[[nodiscard]] auto deferToThread(Reactor& reactor, F f) {
  return deferToThreadPool(reactor, detail::threadPoolOf(reactor), std::move(f));
}

/// The same on the calling thread's reactor.
template <class F>
requires std::is_invocable_v<F&>
[[nodiscard]] auto deferToThread(F f) {
  return deferToThread(detail::reactorOfThisThread(), std::move(f));
}

/// Runs f on the reactor's thread and waits, on this other thread, for what it gives; a Deferred is
/// waited for. A failure is thrown here. f is destroyed on the reactor's thread.
///
/// Before run() it waits until the reactor runs, and warns after 5 s.
/// @throws std::logic_error on the reactor's own thread, which would wait for itself for ever;
///         ReactorNotRunning when the reactor has stopped, or stops before there is an answer (f
///         may run all the same)
template <class F>
auto blockingCallFromThread(Reactor& reactor, F f) {
  using T = typename detail::Plain<std::invoke_result_t<F&>>::Value;
  detail::refuseToWaitForOneself(reactor);
  const std::shared_ptr<detail::BlockingCalls> calls = detail::blockingCallsOf(reactor);
  calls->check();
  const auto answer = std::make_shared<std::optional<Result<T>>>();
  detail::callHome(reactor, [calls, answer, f = std::move(f)]() mutable {
    // Nobody holds the Deferred: dropping it cancels nothing.
    (void)maybeDeferred(std::move(f)).addBoth([calls, answer](Result<T>& result) -> Result<void> {
      calls->answer([&] { answer->emplace(std::move(result)); });
      return {};
    });
  });
  calls->wait([&] { return answer->has_value(); });
  if constexpr (std::is_void_v<T>) {
    (*answer)->value();
  } else {
    return std::move(**answer).value();
  }
}

}  // namespace ropewalk
