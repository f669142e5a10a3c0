// Host names, as TLS compares them. RFC 9525, RFC 6066 §3.
#pragma once

#include <string>
#include <string_view>

namespace ropewalk::ssl::detail {

/// An absolute name without its final dot: SNI has none (RFC 6066 §3), and so have certificates.
[[nodiscard]] constexpr std::string_view withoutFinalDot(std::string_view name) noexcept {
  return name.size() > 1 && name.ends_with('.') ? name.substr(0, name.size() - 1) : name;
}

/// "*.example.org" for "www.example.org"; "" for a name of one label.
[[nodiscard]] inline std::string wildcardFor(std::string_view name) {
  const auto dot = name.find('.');
  return dot == std::string_view::npos ? "" : "*" + std::string(name.substr(dot));
}

/// The wildcard that covers a name whose first label has an underscore, which OpenSSL does not
/// match: "*.example.org" for "my_host.example.org". "" for other names.
[[nodiscard]] inline std::string wildcardForUnderscore(std::string_view name) {
  const auto dot = name.find('.');
  if (dot == std::string_view::npos || name.find('.', dot + 1) == std::string_view::npos) return "";
  const std::string_view label = name.substr(0, dot);
  const bool plain =
      label.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == std::string_view::npos;
  return plain && label.find('_') != std::string_view::npos ? wildcardFor(name) : "";
}

}  // namespace ropewalk::ssl::detail
