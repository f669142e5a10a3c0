// Coroutines that return a Deferred: the promise, which is at the same time the
// Deferred's state, and co_await.
#pragma once

#include <coroutine>

#include "deferred_inl.h"

namespace ropewalk::detail {

inline constexpr const char* kNothingReturned =
    "a coroutine ended without a value: a way through it has no co_return";

/// The state of a coroutine that gives a T. It lives in the coroutine's frame, so a coroutine
/// costs one block. The body keeps one reference on it until it ends, so a frame never goes while
/// its body is suspended.
template <class T>
class PromiseBase : public State<T> {
 public:
  Deferred<T> get_return_object() noexcept {
    this->retain();
    return DeferredAccess::make(static_cast<State<T>*>(this));
  }
  std::suspend_never initial_suspend() noexcept { return {}; }  // I-01

  struct Ended {
    bool await_ready() noexcept { return false; }
    void await_suspend(std::coroutine_handle<Promise<T>> coroutine) noexcept {
      // Its text ended without co_return: whoever awaits it would wait for ever.
      if (!coroutine.promise().fired_)
        coroutine.promise().set({Failure(std::logic_error(kNothingReturned)), false});
      coroutine.promise().release();
    }
    void await_resume() noexcept {}
  };
  Ended final_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept { this->set({Failure::current(), false}); }

  template <class U>
  Awaiter<U> await_transform(Deferred<U>&& deferred, Where where = Where::here()) noexcept {
    DeferredAccess::use(deferred, where);
    return Awaiter<U>(std::move(deferred), *this, cancelAsked_);
  }
  template <class U>
  Awaiter<U> await_transform(Deferred<U>& deferred, Where where = Where::here()) noexcept {
    DeferredAccess::use(deferred, where);
    return Awaiter<U>(std::move(deferred), *this, cancelAsked_);
  }

  /// What is awaited has settled: the body goes on, to its next co_await or its end.
  Core* receive(Core& from) override {
    // The body has ended; a callback's Deferred has settled.
    if (this->fired_) return State<T>::receive(from);
    handle().resume();
    return this->nextIf(this->fired_);
  }

  /// I-07: the body is running; its next wait is cancelled instead.
  void cancelled() override {
    if (!this->fired_) cancelAsked_ = true;
  }

 protected:
  void dispose() noexcept override { handle().destroy(); }

 private:
  std::coroutine_handle<Promise<T>> handle() noexcept {
    return std::coroutine_handle<Promise<T>>::from_promise(static_cast<Promise<T>&>(*this));
  }

  bool cancelAsked_ = false;
};

template <class T>
class Promise final : public PromiseBase<T> {
 public:
  /// A T, a Result<T>, or a Failure: co_return can fail without throwing.
  template <class U = T>
  requires std::is_convertible_v<U&&, Result<T>>
  void return_value(U&& value) { this->set({Result<T>(std::forward<U>(value)), false}); }
};

template <>
class Promise<void> final : public PromiseBase<void> {
 public:
  void return_void() noexcept { set({Result<void>(), false}); }
};

/// Holds the awaited Deferred while the coroutine waits for it.
template <class T>
class Awaiter {
 public:
  Awaiter(Deferred<T>&& deferred, Core& waiting, bool& cancelAsked) noexcept
      : deferred_(std::move(deferred)), waiting_(waiting), cancelAsked_(cancelAsked) {}
  Awaiter(const Awaiter&) = delete;
  Awaiter& operator=(const Awaiter&) = delete;

  bool await_ready() const noexcept { return deferred_.ready(); }  // I-02
  bool await_suspend(std::coroutine_handle<> /*coroutine*/) {
    if (std::exchange(cancelAsked_, false)) {
      deferred_.cancel();
      if (deferred_.ready()) return false;
    }
    DeferredAccess::state(deferred_).attach(waiting_);
    return true;
  }
  T await_resume() {
    Result<T> result = std::move(deferred_).takeResult();
    if (!result.ok()) result.failure().raise();  // I-03
    if constexpr (!std::is_void_v<T>) return std::move(*result);
  }

 private:
  Deferred<T> deferred_;
  Core& waiting_;
  bool& cancelAsked_;
};

}  // namespace ropewalk::detail
