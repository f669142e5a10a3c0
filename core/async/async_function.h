// AsyncFunction: a callable that gives a Deferred, kept until that has fired.
#pragma once

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "deferred.h"

namespace ropewalk {

template <class Signature>
class AsyncFunction;

namespace detail {

/// Keeps `Kept` until the Deferred above has settled.
template <class T, class Kept>
class KeepingState final : public State<T> {
 public:
  explicit KeepingState(Kept&& kept) : kept_(std::move(kept)) {}

  Core* receive(Core& from) override {
    if (this->fired_) return State<T>::receive(from);
    this->set(static_cast<State<T>&>(from).take());
    kept_ = Kept();
    return this;
  }

 private:
  Kept kept_;
};

/// The same Deferred; `kept` lives until it has settled, even when nobody holds it any more.
template <class T, class Kept>
[[nodiscard]] Deferred<T> keepUntilFired(Deferred<T> deferred, Kept kept) {
  if (deferred.ready()) return deferred;
  auto* next = new KeepingState<T, Kept>(std::move(kept));
  Deferred<T> result = DeferredAccess::make(static_cast<State<T>*>(next));
  DeferredAccess::attach(deferred, *next);
  return result;
}

/// What a callable gives fits a Deferred<T>.
template <class R, class T>
concept FitsDeferred = std::is_same_v<R, Deferred<T>> || std::is_convertible_v<R, Deferred<T>> ||
    (!GivesLater<R> && (std::is_void_v<T> ? std::is_void_v<R> || std::is_same_v<R, Result<void>> ||
                                                std::is_same_v<R, Failure>
                                          : std::is_convertible_v<R, Result<T>>));

template <class F, class T, class... Args>
constexpr bool fitsAsync() {
  if constexpr (std::is_invocable_v<F&, Args...>) {
    return FitsDeferred<std::invoke_result_t<F&, Args...>, T>;
  } else {
    return false;
  }
}

/// What a wrapper of the signature Deferred<T>(Args...) can be made of, and is no such wrapper.
template <class F, class Wrapper, class T, class... Args>
concept AsyncCallableFor =
    !std::is_same_v<std::decay_t<F>, Wrapper> && fitsAsync<std::decay_t<F>, T, Args...>();

/// A callable that does not fit, and is known not to.
template <class F, class Wrapper, class T, class... Args>
concept WrongAsyncCallableFor =
    !std::is_same_v<std::decay_t<F>, Wrapper> && PlainCallable<std::decay_t<F>> &&
    !fitsAsync<std::decay_t<F>, T, Args...>();

/// Calls f and gives what comes of it, exceptions included, as a Deferred<T>.
template <class T, class F, class... Args>
Deferred<T> callAsync(F& f, Args&&... args) {
  using R = std::invoke_result_t<F&, Args...>;
  try {
    if constexpr (std::is_void_v<R>) {
      std::invoke(f, std::forward<Args>(args)...);
      return settled<T>(Result<T>());
    } else if constexpr (GivesLater<R>) {
      return std::invoke(f, std::forward<Args>(args)...);
    } else {
      return settled<T>(Result<T>(std::invoke(f, std::forward<Args>(args)...)));
    }
  } catch (...) {
    return settled<T>(Result<T>(Failure::current()));
  }
}

}  // namespace detail

/// Holds any callable that gives a T, a Result<T> or a Deferred<T>; for Deferred<void> also one
/// that gives nothing. Calling it gives the Deferred, and what is thrown as its failure; the
/// callable, with what it captures, lives until each of its Deferreds has fired, even when the
/// AsyncFunction has gone: so a capturing lambda may be a coroutine. Copies share the callable.
/// One thread.
template <class T, class... Args>
class AsyncFunction<Deferred<T>(Args...)> {
 public:
  AsyncFunction() noexcept = default;
  AsyncFunction(std::nullptr_t) noexcept {}  // NOLINT(google-explicit-constructor)

  /// Holds f: a lambda is passed where this is expected.
  template <detail::AsyncCallableFor<AsyncFunction, T, Args...> F>
  AsyncFunction(F&& f)  // NOLINT(google-explicit-constructor)
      : call_(std::make_shared<Callable<std::decay_t<F>>>(std::forward<F>(f))) {}

  /// For the compiler to say what is wrong, in one line.
  template <detail::WrongAsyncCallableFor<AsyncFunction, T, Args...> F>
  AsyncFunction(F&& /*f*/) {  // NOLINT(google-explicit-constructor)
    static_assert(
        detail::kNever<F>,
        "this callable does not fit here: it takes other arguments than it will be called "
        "with, or gives another type than the wanted one or its Deferred");
  }

  Deferred<T> operator()(Args... args) const {
    const std::shared_ptr<Call> call = call_;  // the call may destroy this
    Deferred<T> given = call->call(std::forward<Args>(args)...);
    if (call->stateless) return given;
    return detail::keepUntilFired(std::move(given), call);
  }

  /// Whether there is a callable.
  explicit operator bool() const noexcept { return call_ != nullptr; }
  void reset() noexcept { call_.reset(); }

 private:
  struct Call {
    explicit Call(bool stateless) noexcept : stateless(stateless) {}
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    virtual ~Call() = default;
    virtual Deferred<T> call(Args... args) = 0;
    const bool stateless;  // a coroutine's frame never refers to it
  };
  template <class F>
  struct Callable final : Call {
    template <class G>
    explicit Callable(G&& f)
        : Call(std::is_empty_v<F> || std::is_pointer_v<F>), f(std::forward<G>(f)) {}
    Deferred<T> call(Args... args) override {
      return detail::callAsync<T>(f, std::forward<Args>(args)...);
    }
    F f;
  };

  std::shared_ptr<Call> call_;
};

}  // namespace ropewalk
