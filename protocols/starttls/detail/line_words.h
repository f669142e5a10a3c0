// What the readers of lines share: codes of three digits, and words.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

#include "ropewalk/core/base/text.h"

namespace ropewalk::detail {

/// The three digits of a reply, or nothing. RFC 5321 §4.2, RFC 959 §4.2.
inline std::optional<int> replyCode(std::string_view line) {
  if (line.size() < 3 || (line.size() > 3 && line[3] != ' ' && line[3] != '-')) return std::nullopt;
  const auto code = parseNumber<unsigned>(line.substr(0, 3));
  if (!code || *code < 100) return std::nullopt;
  return static_cast<int>(*code);
}

/// Whether further lines belong to the reply.
inline bool replyGoesOn(std::string_view line) { return line.size() > 3 && line[3] == '-'; }

/// The first word, taken off with the space behind it.
inline std::string_view takeWord(std::string_view& line) {
  const std::size_t space = line.find(' ');
  const std::string_view word = line.substr(0, space);
  line.remove_prefix(space == std::string_view::npos ? line.size() : space + 1);
  return word;
}

inline bool hasWord(std::string_view text, std::string_view word, char separator) {
  const auto words = split(text, separator);
  return std::any_of(words.begin(), words.end(),
                     [word](std::string_view each) { return equalIgnoreCase(trim(each), word); });
}

}  // namespace ropewalk::detail
