// What stands behind a Deferred that has not fired yet. Users never see it;
// deferred.h is the way in.
#pragma once

#include <atomic>
#include <cassert>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "pool.h"
#include "ropewalk/core/base/result.h"
#include "ropewalk/core/base/unique_function.h"
#include "ropewalk/core/base/where.h"
#include "timer_queue.h"
#include "unhandled.h"

namespace ropewalk {
template <class T>
class Deferred;
template <class T>
class Source;
}  // namespace ropewalk

namespace ropewalk::detail {

class Core;

/// A callback pair that was added to a variable: it stays with its state, and runs in its turn.
struct Link : Pooled {
  virtual ~Link() = default;
  /// Gives the state's result to the callback, and the state the callback's result.
  /// @return  false when the callback gave a Deferred that the state must now wait for
  virtual bool run(Core& core) = 0;

  Link* next = nullptr;
};

/// The untyped part of a state: who waits for whom.
///
/// States form a line. `consumer` points down, from a state to the one that gets its result, and
/// keeps it alive; `upstream` points back up, from a state to the one it waits for. A state has one
/// consumer at most, as a Deferred has one owner; that is why firing is a loop (drain) and
/// cancelling is a loop (cancel), however long the line is.
///
///                     consumer          consumer
///     Source ──▶ Root ────────▶ Derived ────────▶ Coroutine ◀── Deferred
///                     ◀────────         ◀────────
///                     upstream          upstream
///
/// A state that has no result yet is always kept by what will give it one: its Source, its
/// upstream, or, for a coroutine, the coroutine itself.
class Core : public Pooled {
 public:
  Core() noexcept = default;
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;
  virtual ~Core();

  /// `from` has a result, and this is its consumer. Takes over the reference that `from` had on it.
  /// @return  the state that has a result now, with a reference on it: this one as a rule; null
  ///          if there is none yet
  virtual Core* receive(Core& from) = 0;
  /// cancel() arrived here, since this state waits for no other.
  virtual void cancelled() {}
  /// The result, if it is a Failure that nobody has handled.
  virtual const Failure* unhandled() const noexcept = 0;

  void retain() noexcept { ++references_; }
  void release() noexcept {
    if (--references_ == 0) dispose();
  }
  /// For receive(): the state whose turn it is next, if there is one.
  Core* nextIf(bool hasResult) noexcept {
    if (hasResult) return this;
    release();
    return nullptr;
  }

  /// Adds a callback; runs it now if there is a result (D-06), unless one is
  /// running already (D-07).
  void append(Link* link);
  /// Lets `consumer` have the result of this pending state. Keeps a reference on it.
  void attach(Core& consumer) noexcept {
    consumer.retain();
    consumer_ = &consumer;
    consumer.upstream_ = this;
  }
  /// The owner of the Deferred lets go of it.
  void abandon() noexcept;

  /// Has a result, and nothing is left to be done with it.
  bool ready() const noexcept { return hasResult_ && !running_; }

  enum class Owner : std::uint8_t { none, deferred, gone };

  std::uint32_t references_ = 1;
  Owner owner_ = Owner::none;
  bool fired_ : 1 = false;      // D-01: goes true once
  bool hasResult_ : 1 = false;  // not while a callback has it, or another Deferred is waited for
  bool handled_ : 1 = false;    // an errback has seen the failure, and let it go on
  bool running_ : 1 = false;    // one of the links is being run
  bool traced_ : 1 = false;     // setDebugging knows this state

  Link* links_ = nullptr;
  Link* lastLink_ = nullptr;
  Link* current_ = nullptr;  // keeps its closure until the Deferred that it returned has settled
  Core* consumer_ = nullptr;
  Core* upstream_ = nullptr;

 protected:
  virtual void dispose() noexcept { delete this; }

 private:
  friend void drain(Core* core);
  bool runLinks();
  void reportIfAbandoned() noexcept;
};

/// Passes a result down the line: runs the callbacks of `core`, gives the outcome to its consumer,
/// and goes on there. Takes over one reference.
void drain(Core* core);
/// Cancels what `core` waits for, at the far end of the line.
void cancel(Core& core);

/// Debug mode: where Deferreds were made and fired, kept beside the states, so that they
/// cost nothing otherwise.
namespace trace {
extern std::atomic<bool> enabled;
void created(Core& core, Where where);
void fired(Core& core, Where where);
void inherit(Core& from, Core& to);
void forget(const Core& core) noexcept;
std::string origin(const Core& core);
}  // namespace trace

[[noreturn]] void throwAlreadyCalled(const Core& core);
Failure cancelledFailure();
Failure timedOut(Duration timeout, const Failure& cancelled);
Failure returnedItself();  // D-13
/// Logs that a Deferred was used after it had been consumed; ends a debug build.
Failure consumedFailure(const Where& where, bool debugBuild);
extern std::atomic<bool> consumedAborts;  // false: as without debugging, for tests
#ifdef NDEBUG
inline constexpr bool kDebugBuild = false;
#else
inline constexpr bool kDebugBuild = true;
#endif

/// A result on its way from callback to callback.
template <class T>
struct Outcome {
  Result<T> result;
  bool handled = false;
};

/// A state that gives a T.
template <class T>
class State : public Core {
 public:
  State() noexcept {}
  ~State() override {
    if (hasResult_) dropResult();
  }

  void set(Outcome<T>&& outcome) {
    std::construct_at(&result_, std::move(outcome.result));
    hasResult_ = true;
    handled_ = outcome.handled;
    fired_ = true;
  }
  Outcome<T> take() {
    Outcome<T> outcome{std::move(result_), handled_};
    std::destroy_at(&result_);
    hasResult_ = false;
    return outcome;
  }
  const Result<T>& result() const noexcept { return result_; }

  /// Takes the result of `next`, or waits for it. @return true when there is a result now
  bool adopt(Deferred<T> next);

  /// The Deferred that was waited for has settled.
  Core* receive(Core& from) override {
    set(static_cast<State&>(from).take());
    delete std::exchange(current_, nullptr);
    return this;
  }

  const Failure* unhandled() const noexcept override {
    return hasResult_ && !handled_ && !result_.ok() ? &result_.failure() : nullptr;
  }

 private:
  void dropResult() noexcept {
    if (const Failure* failure = unhandled()) {
      reportUnhandled(*failure, traced_ ? trace::origin(*this) : std::string());
    }
    std::destroy_at(&result_);
  }

  union {
    Result<T> result_;
  };
};

/// The state that a Source fires.
template <class T>
class Root final : public State<T> {
 public:
  using Canceller = UniqueFunction<void(Source<T>&)>;

  void fire(Outcome<T>&& outcome, Where where) {
    if (this->fired_) {
      if (!swallowNext_) throwAlreadyCalled(*this);
      swallowNext_ = false;  // D-20: the producer did not know that it was cancelled
      return;
    }
    if (trace::enabled.load(std::memory_order_relaxed)) trace::fired(*this, where);
    settle(std::move(outcome));
  }

  void cancelled() override;

  /// The Source goes away.
  void dropSource(Where where) noexcept;

  /// Somebody else's result becomes this one's (chainDeferred).
  Core* receive(Core& from) override {
    if (this->fired_) return State<T>::receive(from);
    canceller_.reset();
    this->set(static_cast<State<T>&>(from).take());
    return this;
  }

  Canceller canceller_;
  bool cancelling_ = false;  // the canceller runs
  bool orphaned_ = false;    // and has dropped the Source
  bool swallowNext_ = false;

 private:
  /// Out of line: inlined into a caller that knows the result to be a value, g++ 12 warns of the
  /// Failure in it as uninitialised.
  [[gnu::noinline]] void settle(Outcome<T>&& outcome) {
    // May own what the callbacks end: kept until they have run.
    const Canceller dropped = std::move(canceller_);
    this->set(std::move(outcome));
    this->retain();
    drain(this);
  }
};

}  // namespace ropewalk::detail
