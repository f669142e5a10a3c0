// Field lines as views: a name, a value, and a list of them that looks up by name. RFC 9110 §5.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "grammar.h"

namespace ropewalk::http {

/// One field line. Both views belong to somebody else: a read buffer or a Headers.
struct FieldLine {
  std::string_view name;
  std::string_view value;
  friend bool operator==(const FieldLine&, const FieldLine&) = default;
};

/// The field lines of a parsed head, in order, each as it was received but for the OWS around the
/// value. A view: valid as long as the bytes that were parsed and the HeadStorage stay as they are.
/// Names are compared without regard to case.
class FieldLines {
 public:
  FieldLines() = default;
  explicit FieldLines(std::span<const FieldLine> lines) noexcept : lines_(lines) {}

  /// The value of the first line of that name.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const noexcept {
    for (const FieldLine& line : lines_) {
      if (equalIgnoreCase(line.name, name)) return line.value;
    }
    return std::nullopt;
  }
  /// The values of all lines of that name, in order.
  [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const {
    std::vector<std::string_view> values;
    for (const FieldLine& line : lines_) {
      if (equalIgnoreCase(line.name, name)) values.push_back(line.value);
    }
    return values;
  }
  /// The value of the only line of that name; nothing when there are several. For fields that are
  /// no lists, where two lines mean that nobody can tell which one counts.
  [[nodiscard]] std::optional<std::string_view> single(std::string_view name) const noexcept {
    std::optional<std::string_view> value;
    for (const FieldLine& line : lines_) {
      if (!equalIgnoreCase(line.name, name)) continue;
      if (value) return std::nullopt;
      value = line.value;
    }
    return value;
  }
  [[nodiscard]] bool has(std::string_view name) const noexcept { return get(name).has_value(); }

  /// Number of lines.
  [[nodiscard]] std::size_t size() const noexcept { return lines_.size(); }
  [[nodiscard]] bool empty() const noexcept { return lines_.empty(); }
  [[nodiscard]] auto begin() const noexcept { return lines_.begin(); }
  [[nodiscard]] auto end() const noexcept { return lines_.end(); }
  [[nodiscard]] const FieldLine& operator[](std::size_t i) const noexcept { return lines_[i]; }

 private:
  std::span<const FieldLine> lines_;
};

}  // namespace ropewalk::http
