// LineScanner: a master file cut into the words of each record. RFC 1035 §5.1. Private to this
// folder.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "ropewalk/protocols/dns/rdata.h"

namespace ropewalk::dns::detail {

/// Knows blanks, comments, quotes, escapes and parentheses; resolves no escapes. Its words are
/// views into the text.
class LineScanner {
 public:
  explicit LineScanner(std::string_view text) noexcept
      : at_(text.data()), end_(text.data() + text.size()) {}

  enum class Outcome : std::uint8_t { line, end, error };
  /// Reads on to the next line that has words; one in parentheses may have many line ends in it.
  [[nodiscard]] Outcome next();

  [[nodiscard]] std::span<const Word> words() const noexcept { return words_; }
  /// The line began with a blank: its record is of the same name as the one before.
  [[nodiscard]] bool startsBlank() const noexcept { return startsBlank_; }
  /// Where the line ended; after an error, the place of it.
  [[nodiscard]] const char* place() const noexcept { return place_; }
  /// What was wrong.
  [[nodiscard]] std::string_view complaint() const noexcept { return complaint_; }

 private:
  [[nodiscard]] bool scanLine();
  [[nodiscard]] bool scanQuoted();
  [[nodiscard]] bool scanWord();
  void skipComment() noexcept;
  [[nodiscard]] bool fail(const char* place, std::string_view complaint) noexcept;

  const char* at_;
  const char* end_;
  const char* place_ = nullptr;
  std::string_view complaint_{};
  std::vector<Word> words_{};
  bool startsBlank_ = false;
};

}  // namespace ropewalk::dns::detail
