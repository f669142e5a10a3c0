// Work that is spread over time: deferLater, LoopingCall. Rules T-06, T-10 to T-16.
#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "clock.h"
#include "deferred.h"

namespace ropewalk {

/// Fires after `delay`. Cancelling cancels the timer (T-06).
[[nodiscard]] Deferred<void> deferLater(Clock& clock, Duration delay);

/// On the calling thread's reactor.
[[nodiscard]] Deferred<void> deferLater(Duration delay);

/// Calls f after `delay`, and gives what it gives.
template <class F>
[[nodiscard]] auto deferLater(Clock& clock, Duration delay, F&& f) {
  return deferLater(clock, delay).addCallback(std::forward<F>(f));
}
template <class F>
[[nodiscard]] auto deferLater(Duration delay, F&& f) {
  return deferLater(delay).addCallback(std::forward<F>(f));
}

namespace detail {

/// Any callable as one that gives a Deferred<void>: its value is dropped.
template <class F, class... Args>
UniqueFunction<Deferred<void>(Args...)> asTask(F&& f) {
  return [f = std::decay_t<F>(std::forward<F>(f))](Args... args) mutable -> Deferred<void> {
    auto result = maybeDeferred(std::ref(f), args...);
    if constexpr (std::is_same_v<decltype(result), Deferred<void>>) {
      return result;
    } else {
      return std::move(result).addCallback([](const auto& /*value*/) {});
    }
  };
}

/// What can be called again and again with these arguments.
template <class F, class... Args>
concept Repeatable = std::is_invocable_v < std::decay_t<F>
&, Args... > ;

class Repetition;

}  // namespace detail

/// Calls a function again and again, on the grid start + k * interval: late or slow calls skip
/// ticks, there is no burst (T-11). What the function gives may be a Deferred; the next call waits
/// for it, so calls never overlap (T-12).
///
///     struct Pinger : Protocol {
///       void connectionMade() override {
///         beat.emplace(transport().reactor(), [this] { transport().write("PING\r\n"); });
///         beat->start(30s).addErrback(
///             [](const Failure& why) { log::warn("the heartbeat ended: {}", why); });
///       }
///       void dataReceived(std::string_view) override {}
///       void connectionLost(const Failure&) override { beat.reset(); }
///
///       std::optional<LoopingCall> beat;
///     };
///
/// The function lives until its last call has ended, also when the LoopingCall is destroyed (which
/// stops it). One thread. The clock must outlive it.
class LoopingCall {
 public:
  /// @param f  gives a Deferred, which is waited for, or anything, which is dropped
  template <detail::Repeatable F>
  LoopingCall(Clock& clock, F&& f)
      : LoopingCall(clock, Counted{ignoreCount(std::forward<F>(f)), false}) {}
  LoopingCall(LoopingCall&&) noexcept = default;
  LoopingCall& operator=(LoopingCall&& other) noexcept;
  ~LoopingCall();

  /// One whose function gets the number of intervals since its last call: more than 1 when calls
  /// were skipped (T-16).
  template <detail::Repeatable<std::int64_t> F>
  [[nodiscard]] static LoopingCall withCount(Clock& clock, F&& f) {
    return LoopingCall(clock, Counted{detail::asTask<F, std::int64_t>(std::forward<F>(f)), true});
  }

  /// When the first call is made.
  enum class First : std::uint8_t { now, later };
  /// Calls the function now (before start() returns) or after one interval, and from then on. An
  /// interval of 0 means once in each turn of the loop.
  /// @return  fires when stop() is called, fails when the function does (T-13); cancelling it stops
  ///          the loop
  /// @throws std::logic_error if it runs already, std::invalid_argument for a negative interval
  Deferred<void> start(Duration interval, First first = First::now) &;
  /// Refused: a temporary would stop at the end of the statement.
  template <class Never = void>
  Deferred<void> start(Duration /*interval*/, First /*first*/ = First::now) && {
    static_assert(
        !std::is_void_v<Never>,
        "a LoopingCall stops when it is destroyed, which a temporary is at the end of the "
        "statement: keep it in a variable or a member, and start that");
    return succeed();
  }

  /// No more calls. The Deferred of start() fires now, or when the call in progress has ended
  /// (T-14). Throws std::logic_error if it does not run.
  void stop();
  /// The grid begins anew: the next call is one interval from now (T-15). No effect while a
  /// call is in progress.
  void reset();

  [[nodiscard]] bool running() const noexcept;
  /// As start() was given it last; 0 before that.
  [[nodiscard]] Duration interval() const noexcept;

 private:
  struct Counted {
    UniqueFunction<Deferred<void>(std::int64_t)> call;
    bool wantsCount;  // it is not called when nothing has elapsed
  };
  LoopingCall(Clock& clock, Counted counted);

  template <class F>
  static UniqueFunction<Deferred<void>(std::int64_t)> ignoreCount(F&& f) {
    return [task = detail::asTask<F>(std::forward<F>(f))](std::int64_t) mutable { return task(); };
  }

  std::shared_ptr<detail::Repetition> loop_;
};

}  // namespace ropewalk
