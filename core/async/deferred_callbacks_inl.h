// How the callbacks of a Deferred are called: what they may take and give, and the
// states that call them.
#pragma once

#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "deferred.h"

namespace ropewalk::detail {

// ---- What a callback gives.

template <class R>
struct Returned {
  using Value = R;
  static constexpr bool kDeferred = false;
};
template <class U>
struct Returned<Result<U>> : Returned<U> {};
template <class R>
requires std::is_base_of_v<Deferred<typename R::Value>, R>
struct Returned<R> {  // a Deferred, or what is made of one (DeferredList)
  using Value = typename R::Value;
  static constexpr bool kDeferred = true;
};

/// Stands for "no callback on this side": the result passes.
struct PassOn {};

/// How F is called with a V: with an rvalue if it takes one,
/// else with an lvalue, else with nothing.
template <class F, class V>
constexpr int kCallKind = std::is_invocable_v<F&, V&&>  ? 0
                          : std::is_invocable_v<F&, V&> ? 1
                          : std::is_invocable_v<F&>     ? 2
                                                        : 3;

template <class F, class V>
decltype(auto) callWith(F& f, [[maybe_unused]] V& value) {
  constexpr int kKind = kCallKind<F, V>;
  if constexpr (kKind == 0) {
    return std::invoke(f, std::move(value));
  } else if constexpr (kKind == 1) {
    return std::invoke(f, value);
  } else {
    return std::invoke(f);
  }
}

/// The same, when the value is to go on afterwards.
template <class F, class V>
void lendTo(F& f, [[maybe_unused]] V& value) {
  if constexpr (std::is_invocable_v<F&, V&>) {
    std::invoke(f, value);
  } else {
    std::invoke(f);
  }
}

/// A value callback of a Deferred<void> takes nothing.
template <class F, class T>
decltype(auto) callWithValue(F& f, Stored<T>& value) {
  if constexpr (std::is_void_v<T>) {
    return std::invoke(f);
  } else {
    return callWith(f, value);
  }
}

template <class F, class T>
using ValueReturn =
    std::decay_t<decltype(callWithValue<F, T>(std::declval<F&>(), std::declval<Stored<T>&>()))>;
template <class F, class V>
using ReturnOf = std::decay_t<decltype(callWith(std::declval<F&>(), std::declval<V&>()))>;

/// The same for a V that may be void.
template <class F, class V>
struct ReturnOfCall {
  using Type = ReturnOf<F, V>;
};
template <class F>
struct ReturnOfCall<F, void> {
  using Type = ValueReturn<F, void>;
};

/// The U of the Deferred<U> that a value callback makes.
/// One that only ever gives a Failure keeps T.
template <class R, class T>
using NextValue = std::conditional_t<std::is_same_v<R, Failure>, T, typename Returned<R>::Value>;

/// A closure that may be a coroutine is referred to by that coroutine's frame: it must not move
/// or go before the end.
template <class F, class R>
constexpr bool kMustStay = Returned<R>::kDeferred && !std::is_empty_v<F> && !std::is_pointer_v<F> &&
                           !std::is_member_pointer_v<F>;

// ---- Whether a callback can be one. What is wrong is said in one sentence, and nothing that
// depends on it is compiled.

template <class R, class U>
struct GivesTest : std::bool_constant<std::is_base_of_v<Deferred<U>, R> ||
                                      std::is_convertible_v<R&&, Result<U>>> {};
template <class U>
struct GivesTest<void, U> : std::true_type {};
template <class R, class U>
constexpr bool kGives = GivesTest<R, U>::value;

/// @tparam V  the value, Result or Failure that F is called with; void: nothing
template <class F, class V>
constexpr bool takes() {
  if constexpr (std::is_void_v<V>) {
    static_assert(std::is_invocable_v<F&>, "a callback of a Deferred<void> takes no argument");
    return std::is_invocable_v<F&>;
  } else {
    static_assert(
        kCallKind<F, V> != 3,
        "this callback cannot be called with what this Deferred gives: it takes the value "
        "(addErrback: a Failure, addBoth: a Result) by value, const&, & or &&, or nothing");
    return kCallKind<F, V> != 3;
  }
}

/// @tparam R  what the callback gives; U: of the Deferred that comes of it
template <class R, class U>
constexpr bool gives() {
  static_assert(kGives<R, U>,
                "what this callback gives does not fit this Deferred: on a variable, and in an "
                "errback, the type stays");
  return kGives<R, U>;
}

/// @tparam R  void where the value is to go on afterwards
template <class F, class V, class R>
constexpr bool leaves() {
  if constexpr (std::is_void_v<R> && !std::is_void_v<V>) {
    static_assert(std::is_invocable_v<F&, V&> || std::is_invocable_v<F&>,
                  "a callback that gives nothing leaves the value as it is, so it cannot consume "
                  "it: let it take a reference");
    return std::is_invocable_v<F&, V&> || std::is_invocable_v<F&>;
  }
  return true;
}

/// All of it, for a callback that must give a U.
template <class F, class V, class U>
constexpr bool fits() {
  if constexpr (takes<F, V>()) {
    using R = std::decay_t<typename ReturnOfCall<F, V>::Type>;
    if constexpr (gives<R, U>()) return leaves<F, V, R>();
  }
  return false;
}

struct DeferredAccess {
  template <class T>
  static Deferred<T> make(Outcome<T>&& outcome) noexcept {
    return Deferred<T>(std::move(outcome));
  }
  template <class T>
  static Deferred<T> make(State<T>* state) noexcept {
    return Deferred<T>(state);
  }
  template <class T>
  static State<T>& state(Deferred<T>& deferred) {
    return deferred.state();
  }
  template <class T>
  static Outcome<T> take(Deferred<T>& deferred) {
    return deferred.take();
  }
  /// Makes `consumer` the one that gets the result of a Deferred that is not ready.
  template <class T>
  static void attach(Deferred<T>& deferred, Core& consumer) {
    deferred.state().attach(consumer);
    deferred.drop();
  }
  /// Before ready(): one that was consumed is a failed one from now on.
  template <class T>
  static void use(Deferred<T>& deferred, const Where& where) {
    deferred.use(where);
  }
};

template <class T>
Deferred<T> settled(Result<T>&& result, bool handled = false) noexcept {
  return DeferredAccess::make(Outcome<T>{std::move(result), handled});
}

/// Whatever a callback gave, as a Deferred<U>.
template <class U, class R>
Deferred<U> asDeferred(R&& given) {
  if constexpr (std::is_base_of_v<Deferred<U>, R>) {
    return Deferred<U>(std::move(given));
  } else {
    return settled<U>(Result<U>(std::forward<R>(given)));
  }
}

/// Lets a failure go on as the result of another type.
template <class U, class T>
Deferred<U> passFailure(Outcome<T>&& in) noexcept {
  if constexpr (std::is_same_v<U, T>) {
    return DeferredAccess::make(std::move(in));
  } else {
    return settled<U>(Result<U>(in.result.failure()), in.handled);
  }
}

/// Whether a value callback that gives nothing leaves the value (on a variable)
/// or makes a Deferred<void>.
enum class OnVoid { keep, drop };

/// addCallback, addErrback, addCallbacks: a Deferred<T>'s result in, a Deferred<U> out.
/// Never throws.
template <class T, class U, OnVoid kOnVoid, class F, class G>
struct PairHandler {
  [[no_unique_address]] F f;
  [[no_unique_address]] G g;

  static constexpr bool mustStay() {
    bool stay = false;
    if constexpr (!std::is_same_v<F, PassOn>) stay = stay || kMustStay<F, ValueReturn<F, T>>;
    if constexpr (!std::is_same_v<G, PassOn>) stay = stay || kMustStay<G, ReturnOf<G, Failure>>;
    return stay;
  }

  Deferred<U> operator()(Outcome<T>&& in) noexcept {
    try {
      return in.result.ok() ? onValue(in) : onFailure(in);
    } catch (...) {
      return settled<U>(Result<U>(Failure::current()));
    }
  }

 private:
  Deferred<U> onValue(Outcome<T>& in) {
    if constexpr (std::is_same_v<F, PassOn>) {
      return DeferredAccess::make(std::move(in));
    } else if constexpr (!std::is_void_v<ValueReturn<F, T>>) {
      return asDeferred<U>(callWithValue<F, T>(f, *in.result));
    } else if constexpr (kOnVoid == OnVoid::drop || std::is_void_v<T>) {
      callWithValue<F, T>(f, *in.result);
      return settled<U>(Result<U>());
    } else {
      lendTo(f, *in.result);
      return DeferredAccess::make(std::move(in));
    }
  }

  Deferred<U> onFailure(Outcome<T>& in) {
    if constexpr (std::is_same_v<G, PassOn>) {
      return passFailure<U>(std::move(in));
    } else {
      Failure failure = in.result.failure();
      if constexpr (!std::is_void_v<ReturnOf<G, Failure>>) {
        return asDeferred<U>(callWith(g, failure));
      } else {
        lendTo(g, failure);
        if constexpr (std::is_void_v<U>) {
          return settled<U>(Result<U>());
        } else {
          return settled<U>(Result<U>(std::move(failure)), true);
        }
      }
    }
  }
};

template <class T>
bool isCancellation(const Result<T>& result) noexcept {
  return !result.ok() && result.failure().template check<CancelledError>() != nullptr;
}

/// addBoth.
template <class T, class U, class H>
struct BothHandler {
  [[no_unique_address]] H h;

  static constexpr bool mustStay() { return kMustStay<H, ReturnOf<H, Result<T>>>; }

  Deferred<U> operator()(Outcome<T>&& in) noexcept {
    try {
      if constexpr (!std::is_void_v<ReturnOf<H, Result<T>>>) {
        return asDeferred<U>(callWith(h, in.result));
      } else {
        lendTo(h, in.result);
        in.handled = in.handled || isCancellation(in.result);
        return DeferredAccess::make(std::move(in));
      }
    } catch (...) {
      return settled<U>(Result<U>(Failure::current()));
    }
  }
};

/// A handler that was added to a variable.
template <class T, class Handler>
struct HandlerLink final : Link {
  explicit HandlerLink(Handler&& handler) : handler(std::move(handler)) {}

  bool run(Core& core) override {
    auto& state = static_cast<State<T>&>(core);
    return state.adopt(handler(state.take()));
  }

  Handler handler;
};

/// A handler that was added to a temporary, and the state of the Deferred<U> that came
/// of it, in one block.
template <class T, class U, class Handler>
class Derived final : public State<U> {
 public:
  explicit Derived(Handler&& handler) : handler_(std::in_place, std::move(handler)) {}

  Core* receive(Core& from) override {
    if (!this->fired_) return this->nextIf(deliver(static_cast<State<T>&>(from).take()));
    handler_.reset();  // it returned a Deferred, and that has settled
    return State<U>::receive(from);
  }

  bool deliver(Outcome<T>&& in) {
    this->fired_ = true;
    const bool done = this->adopt((*handler_)(std::move(in)));
    if (done) handler_.reset();
    return done;
  }

 private:
  std::optional<Handler> handler_;
};

}  // namespace ropewalk::detail
