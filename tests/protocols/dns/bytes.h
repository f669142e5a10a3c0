// Wire forms in tests, written as hexadecimal digits.
#pragma once

#include <string>
#include <string_view>

namespace ropewalk::dns::testing {

/// "03 777777 00" as bytes; blanks are for the reader.
inline std::string bytes(std::string_view digits) {
  const auto value = [](char c) {
    return c <= '9' ? c - '0' : c <= 'F' ? c - 'A' + 10 : c - 'a' + 10;
  };
  std::string out;
  int high = -1;
  for (const char c : digits) {
    if (c == ' ') continue;
    if (high < 0) {
      high = value(c);
    } else {
      out.push_back(static_cast<char>(high << 4 | value(c)));
      high = -1;
    }
  }
  return out;
}

/// What a call of something that gives a Result complained of; "" when it did not.
template <class Result>
std::string complaint(const Result& result) {
  return result.ok() ? std::string() : result.failure().getErrorMessage();
}

}  // namespace ropewalk::dns::testing
