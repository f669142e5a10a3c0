// Host names, as TLS compares them. RFC 9525, RFC 6066 §3.
#pragma once

#include <string>
#include <string_view>

namespace ropewalk::ssl::detail {

/// "*.example.org" for "www.example.org"; "" for a name of one label.
[[nodiscard]] inline std::string wildcardFor(std::string_view name) {
  const auto dot = name.find('.');
  return dot == std::string_view::npos ? "" : "*" + std::string(name.substr(dot));
}

}  // namespace ropewalk::ssl::detail
