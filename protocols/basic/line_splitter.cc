// The search for line ends: in the input where it lies, across its seam with what is kept.
#include "line_splitter.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace ropewalk {

namespace {

/// The first CR or LF. Two searches for a byte are many times faster than one for either of two; in
/// windows, so that lines of one kind are not searched for the other to the end of all input.
std::size_t findEither(std::string_view bytes, std::size_t from) noexcept {
  for (std::size_t window = 128; from < bytes.size(); from += window, window *= 2) {
    const std::string_view part = bytes.substr(from, window);
    const std::size_t lineFeed = part.find('\n');
    const std::size_t at = std::min(lineFeed, part.substr(0, lineFeed).find('\r'));
    if (at != std::string_view::npos) return from + at;
  }
  return std::string_view::npos;
}

LineOptions checked(LineOptions options) {
  if (options.delimiter.empty())
    throw std::invalid_argument("cannot split lines: the delimiter is empty");
  return options;
}

}  // namespace

LineOptions anyNewline(std::size_t maxLength) {
  return {.delimiter = "\n", .maxLength = maxLength, .typed = true, .ending = "\r\n"};
}

LineOptions bothNewlines(std::size_t maxLength) {
  return {.delimiter = "\n", .maxLength = maxLength, .dropCR = true, .ending = "\r\n"};
}

std::optional<LineEnd> findTypedEnd(std::string_view bytes, std::size_t from, bool final) noexcept {
  const std::size_t at = findEither(bytes, from);
  if (at == std::string_view::npos) return std::nullopt;
  if (bytes[at] == '\n') return LineEnd{at, 1};
  if (at + 1 == bytes.size()) return final ? std::optional<LineEnd>({at, 1}) : std::nullopt;
  const char next = bytes[at + 1];
  return LineEnd{at, next == '\n' || next == '\0' ? std::size_t{2} : std::size_t{1}};
}

LineSplitter::LineSplitter(LineOptions options) : options_(checked(std::move(options))) {}

// Positions below count from the start of rest_, with the input right behind it.

LineSplitter::Step LineSplitter::next(std::string_view input) {
  if (state_ == State::skipping) return skip(input);
  if (state_ == State::given) {
    rest_ = {};  // with its memory: an idle connection owns none
    state_ = State::collecting;
  }
  if (const std::optional<LineEnd> end = find(input)) {
    const std::size_t length = lengthOf(input, end->at);
    return length > options_.maxLength ? tooLong(input) : finish(input, *end, length);
  }
  if (rest_.size() + input.size() >= certainlyLong()) return tooLong(input);
  rest_ += input;
  return {Event::needMore, {}, input.size()};
}

/// Where the first delimiter is. rest_ itself has none, so only its last bytes matter.
std::optional<LineEnd> LineSplitter::find(std::string_view input) const {
  if (options_.typed) return findTyped(input);
  const std::string& delimiter = options_.delimiter;
  const std::size_t tail = std::min(delimiter.size() - 1, rest_.size());
  if (tail > 0) {
    std::string seam(rest_, rest_.size() - tail);
    seam += input.substr(0, delimiter.size() - 1);
    const std::size_t at = seam.find(delimiter);
    if (at < tail) return LineEnd{rest_.size() - tail + at, delimiter.size()};
  }
  const std::size_t at = input.find(delimiter);
  if (at == std::string_view::npos) return std::nullopt;
  return LineEnd{rest_.size() + at, delimiter.size()};
}

/// rest_ has no end in it, but may have a CR in its last place, which waited for this input.
std::optional<LineEnd> LineSplitter::findTyped(std::string_view input) const noexcept {
  if (rest_.ends_with('\r') && !input.empty()) {
    const bool two = input.front() == '\n' || input.front() == '\0';
    return LineEnd{rest_.size() - 1, two ? std::size_t{2} : std::size_t{1}};
  }
  const std::optional<LineEnd> end = findTypedEnd(input, 0, false);
  if (!end) return std::nullopt;
  return LineEnd{rest_.size() + end->at, end->size};
}

std::size_t LineSplitter::lengthOf(std::string_view input, std::size_t end) const noexcept {
  if (!options_.dropCR || end == 0) return end;
  const char last = end > rest_.size() ? input[end - rest_.size() - 1] : rest_[end - 1];
  return last == '\r' ? end - 1 : end;
}

LineSplitter::Step LineSplitter::finish(std::string_view input, LineEnd end, std::size_t length) {
  const std::size_t taken = end.at + end.size - rest_.size();
  if (rest_.empty()) return {Event::line, input.substr(0, length), taken};
  if (end.at > rest_.size()) rest_ += input.substr(0, end.at - rest_.size());
  state_ = State::given;
  return {Event::line, std::string_view(rest_).substr(0, length), taken};
}

/// The line's first maxLength bytes are certainly no part of a delimiter: take these, and skip from
/// there on.
LineSplitter::Step LineSplitter::tooLong(std::string_view input) {
  state_ = State::skipping;
  const std::size_t most = options_.maxLength;
  if (rest_.empty()) return {Event::tooLong, input.substr(0, most), most};
  const std::size_t missing = most - std::min(most, rest_.size());
  rest_ += input.substr(0, missing);
  return {Event::tooLong, std::string_view(rest_).substr(0, most), missing};
}

/// The end of what is skipped, where a delimiter may have begun.
std::string_view LineSplitter::tailOf(std::string_view bytes) const noexcept {
  const std::size_t most =
      options_.typed ? (bytes.ends_with('\r') ? 1 : 0) : options_.delimiter.size() - 1;
  return bytes.substr(bytes.size() - std::min(most, bytes.size()));
}

LineSplitter::Step LineSplitter::skip(std::string_view input) {
  rest_ = std::string(tailOf(rest_));
  const std::optional<LineEnd> end = find(input);
  if (!end) {
    rest_ += tailOf(input);
    return {Event::needMore, {}, input.size()};
  }
  const std::size_t taken = end->at + end->size - rest_.size();
  rest_ = {};
  state_ = State::collecting;
  Step step = next(input.substr(taken));
  step.taken += taken;
  return step;
}

std::string_view LineSplitter::rest() const noexcept {
  return state_ == State::collecting ? std::string_view(rest_) : std::string_view();
}

std::string LineSplitter::takeRest() {
  if (state_ != State::collecting) return {};
  return std::exchange(rest_, {});
}

std::string LineSplitter::setOptions(LineOptions options) {
  options_ = checked(std::move(options));
  return takeRest();
}

}  // namespace ropewalk
