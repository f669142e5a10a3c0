// Bytes as the RFCs print them.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "ropewalk/core/base/text.h"

namespace ropewalk {

/// "0b0b 0b" as bytes.
inline std::string bytes(std::string_view digits) {
  std::string out;
  std::string pair;
  for (const char c : digits) {
    if (c == ' ') continue;
    pair += c;
    if (pair.size() < 2) continue;
    out += static_cast<char>(parseNumber<int>(pair, 16).value());
    pair.clear();
  }
  if (!pair.empty()) throw std::invalid_argument("half a byte");
  return out;
}

}  // namespace ropewalk
