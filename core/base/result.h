// Result<T>: a value or the Failure that took its place. C++20 has no std::expected.
#pragma once

#include <utility>
#include <variant>

#include "failure.h"

namespace ropewalk {

/// What a Result<void> holds when it holds no Failure.
struct Unit {
  friend bool operator==(Unit, Unit) = default;
};

/// T, or Unit where T is void: lets one template serve both.
template <class T>
using Stored = std::conditional_t<std::is_void_v<T>, Unit, T>;

namespace detail {
/// What becomes the value of a Result, and is none itself, nor a Failure.
template <class U, class Value, class Whole>
concept ValueOf =
    std::is_convertible_v<U&&, Value> && !std::is_same_v<std::remove_cvref_t<U>, Whole> &&
    !std::is_same_v<std::remove_cvref_t<U>, Failure>;
}  // namespace detail

/// A value or a Failure. Never empty. Codecs return it; asynchronous code carries it.
template <class T>
class [[nodiscard]] Result {
 public:
  using Value = Stored<T>;

  Result() requires std::is_void_v<T> : content_(std::in_place_index<0>) {}
  // "return value;" and "return failure;" both read well.
  template <detail::ValueOf<Value, Result> U = Value>
  Result(U&& value)  // NOLINT(google-explicit-constructor)
      : content_(std::in_place_index<0>, std::forward<U>(value)) {}
  Result(Failure failure) noexcept  // NOLINT(google-explicit-constructor)
      : content_(std::in_place_index<1>, std::move(failure)) {}

  [[nodiscard]] bool ok() const noexcept { return content_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  /// The value; a Result that failed raises its Failure instead.
  Value& value() & {
    if (!ok()) failure().raise();
    return *std::get_if<0>(&content_);
  }
  const Value& value() const& {
    if (!ok()) failure().raise();
    return *std::get_if<0>(&content_);
  }
  Value&& value() && { return std::move(value()); }

  Value& operator*() & noexcept { return *std::get_if<0>(&content_); }
  const Value& operator*() const& noexcept { return *std::get_if<0>(&content_); }
  Value&& operator*() && noexcept { return std::move(*std::get_if<0>(&content_)); }
  Value* operator->() noexcept { return std::get_if<0>(&content_); }
  const Value* operator->() const noexcept { return std::get_if<0>(&content_); }

  /// The failure; only when !ok().
  const Failure& failure() const noexcept { return *std::get_if<1>(&content_); }

 private:
  std::variant<Value, Failure> content_;
};

}  // namespace ropewalk
