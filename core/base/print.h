// operator<< for every type of ours that has a toText(): std::cout << failure << address.
#pragma once

#include <concepts>
#include <iosfwd>
#include <string>

namespace ropewalk {

namespace detail {
/// Hides the others of ropewalk: only a toText next to its type is found, in whatever order
/// headers are included.
void toText() = delete;

/// A toText next to the type.
template <class T>
concept HasText = requires(const T& value) {
  { toText(value) } -> std::same_as<std::string>;
};
}  // namespace detail

/// The text that format() shows too. An inner namespace makes it its own:
/// `using ropewalk::operator<<;`.
template <detail::HasText T>
std::ostream& operator<<(std::ostream& out, const T& value) {
  return out << toText(value);
}

}  // namespace ropewalk
