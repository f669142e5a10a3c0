// JsonValue: JSON written as an initializer list, serialised at once. RFC 8259.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

namespace ropewalk::http {

class JsonValue;

namespace detail {

template <class N>
concept JsonNumber =
    std::is_arithmetic_v<N> && !std::is_same_v<N, bool> && !std::is_same_v<N, char>;

/// An object of another JSON library.
template <class T>
concept PrintsJson = !std::is_same_v<T, JsonValue> && requires(const T& value) {
  { value.dump() } -> std::convertible_to<std::string>;
};

}  // namespace detail

/// A JSON text under construction. It only writes: a tree of values is never built, so this header
/// needs no JSON library. Lists of pairs whose first is text are objects, other lists are arrays,
/// nested as one likes; text that is not UTF-8 is replaced by U+FFFD.
///
///     return http::json({{"id", 7},
///                        {"tags", {"a", "b"}},
///                        {"owner", {{"name", "ann"}}},
///                        {"parent", nullptr}});
///
/// An object of another JSON library (anything with a dump() that gives its text, such as
/// nlohmann::json) converts to one.
class JsonValue {
 public:
  // None is explicit: that they convert is their use.
  JsonValue(std::nullptr_t) : text_("null") {}
  template <std::same_as<bool> B>
  JsonValue(B value) : text_(value ? "true" : "false") {}
  template <detail::JsonNumber N>
  JsonValue(N value) {
    if constexpr (std::is_floating_point_v<N>) {
      appendReal(static_cast<double>(value));
    } else if constexpr (std::is_signed_v<N>) {
      appendSigned(value);
    } else {
      appendUnsigned(value);
    }
  }
  JsonValue(std::string_view text);
  JsonValue(const std::string& text) : JsonValue(std::string_view(text)) {}
  /// A null pointer is null.
  JsonValue(const char* text)
      : JsonValue(text == nullptr ? JsonValue(nullptr) : JsonValue(std::string_view(text))) {}
  /// An object if every element is a pair that begins with text, else an array.
  JsonValue(std::initializer_list<JsonValue> elements);
  /// Whatever prints itself as JSON.
  template <detail::PrintsJson T>
  JsonValue(const T& value) : text_(value.dump()) {}

  /// An array of whatever a range holds.
  template <class Range>
  [[nodiscard]] static JsonValue array(const Range& range) {
    JsonValue list = empty("[]");
    for (const auto& element : range) list.push(JsonValue(element));
    return list;
  }
  /// [] and {}, which the empty braces of C++ cannot tell apart.
  [[nodiscard]] static JsonValue emptyArray() { return empty("[]"); }
  [[nodiscard]] static JsonValue emptyObject() { return empty("{}"); }
  /// Text that is JSON already; it is not checked.
  [[nodiscard]] static JsonValue raw(std::string json) { return empty(std::move(json)); }

  /// Appends to an array; throws std::logic_error for anything else.
  void push(const JsonValue& element);
  /// Appends a member to an object; throws std::logic_error for anything else. That no other member
  /// has this key is the caller's business.
  void set(std::string_view key, const JsonValue& value);

  /// The JSON text, in UTF-8.
  [[nodiscard]] const std::string& text() const& noexcept { return text_; }
  [[nodiscard]] std::string text() && noexcept { return std::move(text_); }

 private:
  JsonValue() = default;
  static JsonValue empty(std::string text) {
    JsonValue value;
    value.text_ = std::move(text);
    return value;
  }
  void appendReal(double value);
  void appendSigned(std::int64_t value);
  void appendUnsigned(std::uint64_t value);

  std::string text_;
  // Of an array that may be a member of an object: where its first element, a string, ends.
  std::size_t keyEnd_ = 0;
  bool isString_ = false;
};

}  // namespace ropewalk::http
