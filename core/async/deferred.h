// Deferred<T>: a result that is not there yet, and what is to be done with it.
// Rules D-01 to D-24 of docs/twisted-rules.md.
#pragma once

#include <tuple>
#include <type_traits>
#include <utility>

#include "deferred_state_inl.h"
#include "ropewalk/core/base/failure.h"
#include "ropewalk/core/base/result.h"
#include "ropewalk/core/base/unique_function.h"
#include "ropewalk/core/base/where.h"
#include "timer_queue.h"

namespace ropewalk {

class Clock;

namespace detail {
template <class T>
class Promise;
template <class T>
class Awaiter;
struct DeferredAccess;
}  // namespace detail

/// Turns the debug mode on or off: where a Deferred was made and where it was fired is then told by
/// AlreadyCalledError and by the log of unhandled failures (D-17).
void setDebugging(bool on) noexcept;
[[nodiscard]] bool getDebugging() noexcept;

/// A T, or a Failure, that will come. Callbacks are run at once, in the order they were added,
/// when it comes (or as they are added, if it has come): nothing goes through the reactor.
/// One owner, one thread.
///
/// **On a variable** it is Twisted's. Callbacks give a T, a Result<T>, a Failure or a Deferred<T>
/// (which is waited for), or nothing, which leaves the value as it is:
///
///     d.addCallback([](std::string& text) { text += '\n'; });
///
/// **On a temporary** the type may change, and each step consumes the one before:
///
///     Deferred<std::string> getPage(std::string url);
///     std::vector<std::string> linksOf(const std::string& page);
///     Deferred<int> store(std::vector<std::string> links);
///
///     Deferred<int> collect(std::string url) {
///       return getPage(std::move(url))
///           .addCallback(linksOf)  // makes it a Deferred<std::vector<std::string>>
///           .addCallback(store)    // makes it a Deferred<int>: what store gives is waited for
///           .addErrback([](const Failure&) { return 0; });
///     }
///
/// **In a coroutine**, whose return type is a Deferred, `co_await` consumes one,
/// and throws if it failed.
///
/// Dropping a Deferred cancels nothing: what was asked for goes on. A Failure that nobody handled
/// is logged when its last holder goes (D-16). docs/deferred.md has the whole table.
template <class T>
class Deferred {
  static_assert(std::is_same_v<T, std::decay_t<T>>,
                "a Deferred gives a value, not a reference or a const");

 public:
  using Value = T;
  using promise_type = detail::Promise<T>;

  Deferred(Deferred&& other) noexcept { steal(other); }
  Deferred& operator=(Deferred&& other) noexcept;
  Deferred(const Deferred&) = delete;
  Deferred& operator=(const Deferred&) = delete;
  ~Deferred() { drop(); }

  /// Adds a callback for the value. f takes it by value, const& or && (or takes nothing).
  template <class F>
  Deferred& addCallback(F&& f, Where where = Where::here()) &;
  /// Gives Deferred<U>, where f gives U, Result<U>, Deferred<U>, or nothing (then U is void).
  template <class F>
  auto addCallback(F&& f, Where where = Where::here()) &&;

  /// Adds a callback for the failure. One that gives a value ends the failure. One that gives
  /// nothing has handled it: where T is void the chain recovers, else the failure goes on, and is
  /// not logged any more.
  template <class G>
  Deferred& addErrback(G&& g, Where where = Where::here()) &;
  template <class G>
  Deferred<T> addErrback(G&& g, Where where = Where::here()) &&;

  /// Adds both at once. They are alternatives: what f throws does not reach g (D-03). On a
  /// temporary, f decides on the type, and what g gives must fit it.
  template <class F, class G>
  Deferred& addCallbacks(F&& f, G&& g, Where where = Where::here()) &;
  template <class F, class G>
  auto addCallbacks(F&& f, G&& g, Where where = Where::here()) &&;

  /// Adds one callback for either: h takes a Result<T>, by value or reference. If it gives nothing,
  /// the result goes on as it was, a failure is as unhandled as before; but a cancellation, which
  /// somebody asked for, counts as handled.
  template <class H>
  Deferred& addBoth(H&& h, Where where = Where::here()) &;
  template <class H>
  auto addBoth(H&& h, Where where = Where::here()) &&;

  /// Cancels what has not come after `timeout`; its CancelledError becomes a TimeoutError (D-24).
  Deferred& addTimeout(Duration timeout, Clock& clock) &;
  Deferred addTimeout(Duration timeout, Clock& clock) &&;
  /// Measured by the calling thread's reactor.
  Deferred& addTimeout(Duration timeout) &;
  Deferred addTimeout(Duration timeout) &&;
  /// `onTimeoutCancel` decides what comes of it:
  /// it gets the result after the cancellation, whatever that is.
  using OnTimeoutCancel = UniqueFunction<Result<T>(Result<T>, Duration)>;
  Deferred& addTimeout(Duration timeout, Clock& clock, OnTimeoutCancel onTimeoutCancel) &;
  Deferred addTimeout(Duration timeout, Clock& clock, OnTimeoutCancel onTimeoutCancel) &&;

  /// The result fires `target`; cancelling target's Deferred cancels this one (D-14).
  void chainDeferred(Source<T> target) &&;

  /// Asks the producer to give up: normally a CancelledError comes at once. If this waits for
  /// another Deferred, that one is asked. Nothing happens if the result has come (D-20 to D-23).
  void cancel(Where where = Where::here());

  /// Whether it has fired; it may wait for a Deferred that a callback returned (D-01).
  [[nodiscard]] bool called() const noexcept;
  /// Whether the result is there to be taken.
  [[nodiscard]] bool ready() const noexcept;
  /// The result, only when ready(). A failure that is taken counts as handled. The Deferred
  /// is empty afterwards.
  [[nodiscard]] Result<T> takeResult(Where where = Where::here()) &&;
  /// Looks at the result without taking it; null unless ready().
  [[nodiscard]] const Result<T>* result() const noexcept;
  /// False once it has been moved from, awaited or consumed: then it can only be assigned to
  /// or destroyed. Every other use is a defect that is logged as DeferredConsumed, with its place:
  /// in a debug build the program ends there; with NDEBUG cancel() does nothing, and everything
  /// else gets that failure.
  [[nodiscard]] bool valid() const noexcept { return mode_ != Mode::empty; }

 private:
  template <class>
  friend class Deferred;
  template <class>
  friend class Source;
  friend struct detail::DeferredAccess;

  /// While a callback of a fired Deferred runs, its result is with the callback,
  /// and this is on the stack.
  struct Running {
    Deferred* owner;                    // follows the Deferred as it is moved; null once it is gone
    detail::State<T>* state = nullptr;  // made when something was added meanwhile
  };
  enum class Mode : std::uint8_t {
    empty,    // consumed
    settled,  // the result is here: no memory but its own
    pending,  // state_ will have it
    running   // a callback has it
  };

  explicit Deferred(detail::Outcome<T>&& outcome) noexcept
      : mode_(Mode::settled), outcome_(std::move(outcome)) {}
  /// Takes over one reference.
  explicit Deferred(detail::State<T>* state) noexcept : mode_(Mode::pending), state_(state) {
    state->owner_ = detail::Core::Owner::deferred;
  }

  void steal(Deferred& other) noexcept;
  void drop() noexcept;
  detail::Outcome<T> take();
  /// Before a use that needs a result to come: one that was consumed fails from now on.
  void use(const Where& where) {
    if (mode_ == Mode::empty) [[unlikely]]
      beConsumed(where);
  }
  void beConsumed(const Where& where);
  /// The state behind it, made if need be.
  detail::State<T>& state();
  template <class Handler>
  Deferred& addHere(Handler handler);
  template <class Handler>
  void runHere(Handler& handler);
  template <class U, class Handler>
  Deferred<U> addNext(Handler handler);

  Mode mode_ = Mode::empty;
  union {
    detail::Outcome<T> outcome_;
    detail::State<T>* state_;
    Running* running_;
  };
};

/// The producer's end of a Deferred. Whoever promised the result keeps it and fires it once.
///
///     struct Client : Protocol {
///       Deferred<std::string> ask(std::string_view question) {
///         transport().write(question);
///         return answer.emplace().deferred();
///       }
///       void dataReceived(std::string_view data) override {
///         if (auto asked = std::exchange(answer, {})) asked->callback(std::string(data));
///       }
///
///       std::optional<Source<std::string>> answer;
///     };
///
/// Firing runs the callbacks before it returns; they may destroy the Source. A second firing throws
/// AlreadyCalledError. A Source that goes away unfired fires SourceDroppedError, if anybody waits.
template <class T>
class Source {
 public:
  /// @param where  what the debug mode tells as the place where the Deferred was made
  explicit Source(Where where = Where::here());
  Source(Source&& other) noexcept : root_(std::exchange(other.root_, nullptr)) {}
  Source& operator=(Source&& other) noexcept;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  ~Source() { drop(); }

  /// The consumer's end; can be had once, before firing or after it.
  [[nodiscard]] Deferred<T> deferred();

  /// Fires with a value.
  void callback(Stored<T> value, Where where = Where::here()) requires(!std::is_void_v<T>);
  void callback(Where where = Where::here()) requires std::is_void_v<T>;
  /// Fires with a failure.
  void errback(Failure failure, Where where = Where::here());
  /// callback or errback, as the result says.
  void fire(Result<T> result, Where where = Where::here());

  /// Whether it has fired, or was cancelled.
  [[nodiscard]] bool called() const noexcept;
  /// False once it has been moved from.
  [[nodiscard]] bool valid() const noexcept { return root_ != nullptr; }

  /// What cancel() is to do: stop the work and, if it likes, fire `source`. If it does not,
  /// CancelledError is fired (D-21), also when it drops the producer's Source. What it throws comes
  /// out of cancel() (D-23). It takes the Source&, or nothing. Null: none any more.
  template <class F>
  void onCancel(F&& canceller);

 private:
  friend class Deferred<T>;
  friend class detail::Root<T>;

  /// For a canceller, which borrows it.
  explicit Source(detail::Root<T>& root) noexcept : root_(&root) { root.retain(); }
  void drop() noexcept;

  detail::Root<T>* root_;
};

/// A Deferred that has fired with this value.
template <class T>
[[nodiscard]] Deferred<std::decay_t<T>> succeed(T&& value);
[[nodiscard]] Deferred<void> succeed();

/// A Deferred that has failed.
template <class T>
[[nodiscard]] Deferred<T> fail(Failure failure);

/// A Deferred that has fired with this result.
template <class T>
[[nodiscard]] Deferred<T> fired(Result<T> result);

/// Calls f and gives what it gives as a Deferred, also when that is a plain value or an
/// exception (D-18). f and the arguments live until the result has come, so f may be a
/// coroutine that captures.
template <class F, class... Args>
[[nodiscard]] auto maybeDeferred(F&& f, Args&&... args);

}  // namespace ropewalk

#include "coroutine_inl.h"  // IWYU pragma: export
#include "deferred_inl.h"   // IWYU pragma: export
