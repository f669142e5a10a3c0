// The pattern of 95 lines, made once. RFC 864.
#include "chargen.h"

#include <string>

namespace ropewalk::wire {

namespace {

constexpr int kFirst = ' ';
constexpr int kCharacters = 95;  // the printing ones of ASCII
constexpr int kWidth = 72;

std::string makePattern() {
  std::string pattern;
  pattern.reserve(std::size_t{kCharacters} * (kWidth + 2));
  for (int line = 0; line < kCharacters; ++line) {
    for (int column = 0; column < kWidth; ++column) {
      pattern += static_cast<char>(kFirst + (line + column) % kCharacters);
    }
    pattern += "\r\n";
  }
  return pattern;
}

}  // namespace

std::string_view chargenPattern() {
  static const std::string kPattern = makePattern();
  return kPattern;
}

}  // namespace ropewalk::wire
