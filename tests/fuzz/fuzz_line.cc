// LineSplitter against a splitter that cannot be wrong, and against itself on cut input.
//
// Input: one byte chooses the delimiter and dropCR, one the limit, one how the rest is cut.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "ropewalk/protocols/basic/line_splitter.h"

using ropewalk::LineOptions;
using ropewalk::LineSplitter;

namespace {

using Events = std::vector<std::string>;

Events split(const LineOptions& options, std::string_view input, std::size_t pieceSize) {
  LineSplitter splitter(options);
  Events events;
  while (!input.empty()) {
    std::string_view piece = input.substr(0, pieceSize);
    input.remove_prefix(piece.size());
    while (true) {
      const auto step = splitter.next(piece);
      if (step.taken > piece.size()) std::abort();
      piece.remove_prefix(step.taken);
      if (step.event == LineSplitter::Event::needMore) break;
      events.push_back((step.event == LineSplitter::Event::line ? "L" : "T") +
                       std::string(step.line));
    }
    if (!piece.empty()) std::abort();
    // An unfinished line never takes more than its limit and its delimiter.
    if (splitter.rest().size() > options.maxLength + options.delimiter.size() + 1) std::abort();
  }
  return events;
}

/// The same for lines that end as terminals end them.
Events expectedTyped(const LineOptions& options, std::string_view input) {
  Events events;
  while (true) {
    const auto end = ropewalk::findTypedEnd(input, 0, false);
    if (!end) {
      if (input.size() >= options.maxLength + 2)
        events.push_back("T" + std::string(input.substr(0, options.maxLength)));
      return events;
    }
    const bool tooLong = end->at > options.maxLength;
    events.push_back((tooLong ? "T" : "L") +
                     std::string(input.substr(0, std::min(end->at, options.maxLength))));
    input.remove_prefix(end->at + end->size);
  }
}

/// Finds all lines in one go; says nothing about an unfinished one.
Events expected(const LineOptions& options, std::string_view input) {
  if (options.typed) return expectedTyped(options, input);
  Events events;
  while (true) {
    const std::size_t end = input.find(options.delimiter);
    if (end == std::string_view::npos) {
      const std::size_t certain =
          options.maxLength + options.delimiter.size() + (options.dropCR ? 1 : 0);
      if (input.size() >= certain)
        events.push_back("T" + std::string(input.substr(0, options.maxLength)));
      return events;
    }
    std::string_view line = input.substr(0, end);
    if (options.dropCR && line.ends_with('\r')) line.remove_suffix(1);
    const bool tooLong = line.size() > options.maxLength;
    events.push_back((tooLong ? "T" : "L") + std::string(line.substr(0, options.maxLength)));
    input.remove_prefix(end + options.delimiter.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  static const std::array<std::string, 4> kDelimiters{"\r\n", "\n", "aab", std::string("\0", 1)};
  const LineOptions options{.delimiter = kDelimiters[data[0] & 3],
                            .maxLength = data[1] % 64U,
                            .dropCR = (data[0] & 12) == 4,
                            .typed = (data[0] & 8) != 0};
  const std::string_view input(reinterpret_cast<const char*>(data) + 3, size - 3);
  const Events right = expected(options, input);
  if (split(options, input, input.size() + 1) != right) std::abort();
  if (split(options, input, 1) != right) std::abort();
  if (split(options, input, data[2] % 32U + 1) != right) std::abort();
  return 0;
}
