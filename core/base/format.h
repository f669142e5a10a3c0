// format(): text from a pattern with {} in it. libstdc++ 12 has no std::format;
// the implementation is hidden.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace ropewalk {

[[nodiscard]] std::string humanDuration(std::chrono::nanoseconds duration);  // core/base/text.h

/// "300 ms", "1.5 s", "2 min 5 s".
template <class Rep, class Period>
[[nodiscard]] std::string toText(std::chrono::duration<Rep, Period> duration) {
  return humanDuration(std::chrono::duration_cast<std::chrono::nanoseconds>(duration));
}

/// One argument of format(): a number, a bool, a character, text, a duration, or anything that has
/// a free function `std::string toText(const T&)` next to it.
class FormatArgument {
 public:
  using Value =
      std::variant<std::int64_t, std::uint64_t, double, bool, char, std::string_view, std::string>;

  template <class T>
  FormatArgument(const T& value) : value_(convert(value)) {}  // NOLINT(google-explicit-constructor)

  const Value& value() const noexcept { return value_; }

 private:
  template <class T>
  static Value convert(const T& value) {
    if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, char>) {
      return value;
    } else if constexpr (std::is_enum_v<T> && !requires { toText(value); }) {
      return static_cast<std::int64_t>(value);
    } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
      return static_cast<std::int64_t>(value);
    } else if constexpr (std::is_integral_v<T>) {
      return static_cast<std::uint64_t>(value);
    } else if constexpr (std::is_floating_point_v<T>) {
      return static_cast<double>(value);
    } else if constexpr (std::is_convertible_v<const T&, const char*> && std::is_pointer_v<T>) {
      return value == nullptr ? std::string_view("(null)") : std::string_view(value);
    } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
      return static_cast<std::string_view>(value);
    } else {
      return toText(value);
    }
  }

  Value value_;
};

/// format() for an argument list made elsewhere. A pattern that does not fit its arguments gives
/// the pattern and the reason: a wrong log line must not end a connection.
[[nodiscard]] std::string formatArguments(std::string_view pattern,
                                          std::initializer_list<FormatArgument> arguments);

/// Replaces each {} (or {0}, {:>8}, {:.2f}, {:x}, as in std::format) by an argument.
template <class... Args>
[[nodiscard]] std::string format(std::string_view pattern, const Args&... args) {
  return formatArguments(pattern, {FormatArgument(args)...});
}

}  // namespace ropewalk
