// ExactBytes: collects a number of bytes that is known beforehand. No I/O.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ropewalk {

/// Collects `expect(n)` bytes. When they lie whole in the input they are given as a view into it;
/// else they are copied as they come. Memory grows with what came, not with what a peer announced.
class ExactBytes {
 public:
  /// How many bytes next() is to give: said before the first of them.
  void expect(std::size_t count) noexcept { want_ = count; }

  /// @param taken  set to the bytes of the input that are done with
  /// @return       all the bytes, dead with the next call or the input; or nothing yet, and all of
  ///               the input was taken
  [[nodiscard]] std::optional<std::string_view> next(std::string_view input, std::size_t& taken) {
    if (given_) {
      rest_ = {};
      given_ = false;
    }
    taken = std::min(want_ - rest_.size(), input.size());
    if (taken == want_) return input.substr(0, want_);
    rest_ += input.substr(0, taken);
    if (rest_.size() < want_) return std::nullopt;
    given_ = true;
    return rest_;
  }

 private:
  std::size_t want_ = 0;
  std::string rest_;
  bool given_ = false;  // rest_ is what the last call gave
};

}  // namespace ropewalk
