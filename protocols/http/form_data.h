// FormData: names and values of a query or a urlencoded body. WHATWG URL §5.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ropewalk::http {

/// A multimap that keeps order. Names are compared with regard to case. Owns its text,
/// percent-decoded, `+` read as a space.
///
///     FormData form = FormData::parse(head.query);
///     if (auto page = form.get("page")) show(*page);
class FormData {
 public:
  using Pair = std::pair<std::string, std::string>;

  FormData() = default;
  /// Never fails: a `%` without two digits stands for itself.
  /// @param maxPairs  what comes after that many is left out, and truncated() says so
  [[nodiscard]] static FormData parse(std::string_view text, std::size_t maxPairs = 1000);

  void add(std::string_view name, std::string_view value);
  /// The first value of that name.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const noexcept;
  /// The values of that name, in order.
  [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const noexcept { return get(name).has_value(); }
  /// There were more pairs than parse() took.
  [[nodiscard]] bool truncated() const noexcept { return truncated_; }

  [[nodiscard]] std::size_t size() const noexcept { return pairs_.size(); }
  [[nodiscard]] bool empty() const noexcept { return pairs_.empty(); }
  [[nodiscard]] auto begin() const noexcept { return pairs_.begin(); }
  [[nodiscard]] auto end() const noexcept { return pairs_.end(); }

 private:
  std::vector<Pair> pairs_;
  bool truncated_ = false;
};
/// `a=1&b=two+words`
[[nodiscard]] std::string toText(const FormData& form);

}  // namespace ropewalk::http
