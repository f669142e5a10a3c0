// Headers: the field lines of a message that we make or keep. RFC 9110 §5.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "field_line.h"
#include "ropewalk/core/base/error.h"

namespace ropewalk::http {

/// A field name that is no token, or a value with CR, LF, NUL or another control character in it:
/// our own program is about to write something that a peer would read as another message.
ROPEWALK_ERROR(InvalidHeaderError, Error);

/// A multimap of field lines that keeps their order and compares names without regard to case.
///
/// Owns its bytes: one buffer for all names and values, so that clear() keeps the capacity and a
/// reused object allocates nothing. Views that it gives are valid until it is changed. One thread
/// at a time.
///
///     Headers headers;
///     headers.add("Set-Cookie", "a=1");
///     headers.add("Set-Cookie", "b=2");
///     headers.set("Content-Type", "text/plain");
///     for (const auto [name, value] : headers) std::cout << name << ": " << value << '\n';
class Headers {
 public:
  class Iterator;

  Headers() = default;
  /// Those of a head that a parser has taken apart, and checked: here they are only copied.
  explicit Headers(FieldLines lines);
  /// Throws as add() does.
  Headers(std::initializer_list<FieldLine> lines);

  /// Appends a line. OWS around the value is dropped.
  /// @throws InvalidHeaderError when name is no token (RFC 9110 §5.6.2) or value is not a field
  ///         value (§5.5)
  void add(std::string_view name, std::string_view value);
  /// Leaves exactly one line of that name, in the place of the first one if there was one. Throws
  /// as add() does.
  void set(std::string_view name, std::string_view value);
  /// Removes all lines of that name.
  /// @return how many there were
  std::size_t remove(std::string_view name);
  /// Forgets every line and keeps the memory.
  void clear() noexcept;

  /// The value of the first line of that name.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const noexcept;
  /// The values of all lines of that name, in order.
  [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const noexcept {
    return find(name) != entries_.size();
  }

  /// Number of lines.
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  [[nodiscard]] FieldLine operator[](std::size_t i) const noexcept;
  [[nodiscard]] Iterator begin() const noexcept;
  [[nodiscard]] Iterator end() const noexcept;

  /// The same lines in the same order; names compared without regard to case.
  friend bool operator==(const Headers& a, const Headers& b) noexcept;

 private:
  // Where a line lies in bytes_: the value follows its name directly.
  struct Entry {
    std::uint32_t offset;
    std::uint32_t nameSize;
    std::uint32_t valueSize;
  };

  void append(std::string_view name, std::string_view value);
  [[nodiscard]] std::size_t find(std::string_view name, std::size_t from = 0) const noexcept;
  [[nodiscard]] bool owns(std::string_view text) const noexcept;
  void erase(std::size_t i);

  std::string bytes_;
  std::vector<Entry> entries_;
};

/// Gives FieldLines by value, in order.
class Headers::Iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = FieldLine;
  using difference_type = std::ptrdiff_t;
  using pointer = void;
  using reference = FieldLine;

  Iterator() = default;
  Iterator(const Headers* headers, std::size_t at) noexcept : headers_(headers), at_(at) {}
  FieldLine operator*() const noexcept { return (*headers_)[at_]; }
  Iterator& operator++() noexcept {
    ++at_;
    return *this;
  }
  Iterator operator++(int) noexcept { return {headers_, at_++}; }
  friend bool operator==(const Iterator&, const Iterator&) = default;

 private:
  const Headers* headers_ = nullptr;
  std::size_t at_ = 0;
};

inline Headers::Iterator Headers::begin() const noexcept { return {this, 0}; }
inline Headers::Iterator Headers::end() const noexcept { return {this, entries_.size()}; }

}  // namespace ropewalk::http
