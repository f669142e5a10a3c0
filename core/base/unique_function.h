// A move-only std::function: callbacks may own what they capture.
#pragma once

#include <cstddef>
#include <functional>
#include <new>
#include <type_traits>
#include <utility>

namespace ropewalk {

namespace detail {

/// What coroutines return: a Deferred.
template <class R>
concept GivesLater = requires {
  typename std::decay_t<R>::promise_type;
};

/// A function, or an object with one operator(): for what is called wrongly, to be told so. (A
/// generic lambda cannot be known.)
template <class F>
concept PlainCallable = std::is_function_v<std::remove_pointer_t<F>> || requires {
  &F::operator();
};

/// What a wrapper of the signature R(Args...) can be made of: a callable that is no such wrapper.
template <class F, class Wrapper, class R, class... Args>
concept CallableFor = !std::is_same_v<std::decay_t<F>, Wrapper> &&
                      std::is_invocable_r_v<R, std::decay_t<F>&, Args...>;

/// A callable that does not fit, and is known not to.
template <class F, class Wrapper, class R, class... Args>
concept WrongCallableFor =
    !std::is_same_v<std::decay_t<F>, Wrapper> && PlainCallable<std::decay_t<F>> &&
    !std::is_invocable_r_v<R, std::decay_t<F>&, Args...>;

/// For a static_assert that fails where it is instantiated, whatever F is.
template <class F>
inline constexpr bool kNever = false;

/// Callbacks that give nothing are forgotten after the call, so one that gives a Deferred, a
/// coroutine with captures say, would be destroyed while it runs.
template <class R, class F, class... Args>
constexpr void refuseForgotten() {
  if constexpr (std::is_void_v<R>) {
    static_assert(!GivesLater<std::invoke_result_t<F&, Args...>>,
                  "nobody here keeps a callable that gives a Deferred until that has fired: call "
                  "rw::spawn(f) inside a function that gives nothing");
  }
}

}  // namespace detail

template <class Signature>
class UniqueFunction;

/// Holds any callable, also one that can only be moved. Callables of up to 48 bytes are stored
/// inside, without an allocation. Calling an empty one is a programming error. Not thread-safe; may
/// be moved between threads. One that gives nothing refuses callables that give a Deferred:
/// AsyncFunction (core/async/async_function.h) takes those.
template <class R, class... Args>
class UniqueFunction<R(Args...)> {
 public:
  UniqueFunction() noexcept = default;
  /// Null means empty.
  UniqueFunction(std::nullptr_t) noexcept {}  // NOLINT(google-explicit-constructor)

  /// Holds f: a lambda is passed where this is expected.
  template <detail::CallableFor<UniqueFunction, R, Args...> F>
  UniqueFunction(F&& f) {  // NOLINT(google-explicit-constructor)
    using Callable = std::decay_t<F>;
    detail::refuseForgotten<R, Callable, Args...>();
    // A reference to a function is never null.
    if constexpr (std::is_pointer_v<std::remove_cvref_t<F>>) {
      if (f == nullptr) return;
    }
    if constexpr (kFits<Callable>) {
      ::new (static_cast<void*>(storage_)) Callable(std::forward<F>(f));
      operations_ = &kInline<Callable>;
    } else {
      *reinterpret_cast<Callable**>(storage_) = new Callable(std::forward<F>(f));
      operations_ = &kHeap<Callable>;
    }
  }

  /// For the compiler to say what is wrong, in one line.
  template <detail::WrongCallableFor<UniqueFunction, R, Args...> F>
  UniqueFunction(F&& /*f*/) {  // NOLINT(google-explicit-constructor)
    static_assert(
        detail::kNever<F>,
        "this callable does not fit here: it takes other arguments than it will be called "
        "with, or gives another type than is wanted");
  }

  UniqueFunction(UniqueFunction&& other) noexcept { take(other); }
  UniqueFunction& operator=(UniqueFunction&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  UniqueFunction(const UniqueFunction&) = delete;
  UniqueFunction& operator=(const UniqueFunction&) = delete;
  ~UniqueFunction() { reset(); }

  /// Destroys the callable: it is empty afterwards.
  void reset() noexcept {
    if (operations_ == nullptr) return;
    const Operations* operations = std::exchange(operations_, nullptr);
    operations->destroy(storage_);
  }

  explicit operator bool() const noexcept { return operations_ != nullptr; }

  R operator()(Args... args) { return operations_->call(storage_, std::forward<Args>(args)...); }

 private:
  struct Operations {
    R (*call)(void*, Args&&...);
    void (*move)(void* from, void* to) noexcept;
    void (*destroy)(void*) noexcept;
  };
  static constexpr std::size_t kInlineSize = 48;  // a this-pointer, a string and a word

  template <class F>
  static constexpr bool kFits =
      sizeof(F) <= kInlineSize &&
      alignof(F) <= alignof(std::max_align_t) && std::is_nothrow_move_constructible_v<F>;

  // std::invoke_r of C++23: a void function may hold a callable that returns something.
  template <class F>
  static R invoke(F& f, Args&&... args) {
    if constexpr (std::is_void_v<R>) {
      std::invoke(f, std::forward<Args>(args)...);
    } else {
      return std::invoke(f, std::forward<Args>(args)...);
    }
  }

  template <class F>
  static constexpr Operations kInline{[](void* at, Args&&... args) -> R {
                                        return invoke(*static_cast<F*>(at),
                                                      std::forward<Args>(args)...);
                                      },
                                      [](void* from, void* to) noexcept {
                                        ::new (to) F(std::move(*static_cast<F*>(from)));
                                        static_cast<F*>(from)->~F();
                                      },
                                      [](void* at) noexcept { static_cast<F*>(at)->~F(); }};

  template <class F>
  static constexpr Operations kHeap{
      [](void* at, Args&&... args) -> R {
        return invoke(**static_cast<F**>(at), std::forward<Args>(args)...);
      },
      [](void* from, void* to) noexcept { *static_cast<F**>(to) = *static_cast<F**>(from); },
      [](void* at) noexcept { delete *static_cast<F**>(at); }};

  void take(UniqueFunction& other) noexcept {
    if (other.operations_ == nullptr) return;
    other.operations_->move(other.storage_, storage_);
    operations_ = std::exchange(other.operations_, nullptr);
  }

  const Operations* operations_ = nullptr;
  alignas(std::max_align_t) std::byte storage_[kInlineSize];
};

}  // namespace ropewalk
