#include "ropewalk/protocols/line/line_splitter.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace ropewalk {

namespace {

LineOptions checked(LineOptions options) {
  if (options.delimiter.empty())
    throw std::invalid_argument("cannot split lines: the delimiter is empty");
  return options;
}

}  // namespace

LineOptions anyNewline(std::size_t maxLength) {
  return {.delimiter = "\n", .maxLength = maxLength, .dropCR = true};
}

LineSplitter::LineSplitter(LineOptions options) : options_(checked(std::move(options))) {}

// Positions below count from the start of rest_, with the input right behind it.

LineSplitter::Step LineSplitter::next(std::string_view input) {
  if (state_ == State::skipping) return skip(input);
  if (state_ == State::given) {
    rest_ = {};  // with its memory: an idle connection owns none
    state_ = State::collecting;
  }
  const std::size_t end = find(input);
  if (end != std::string_view::npos) {
    const std::size_t length = lengthOf(input, end);
    return length > options_.maxLength ? tooLong(input) : finish(input, end, length);
  }
  if (rest_.size() + input.size() >= certainlyLong()) return tooLong(input);
  rest_ += input;
  return {Event::needMore, {}, input.size()};
}

/// Where the first delimiter is; npos when there is none. rest_ itself has none, so only its last
/// bytes matter.
std::size_t LineSplitter::find(std::string_view input) const {
  const std::string& delimiter = options_.delimiter;
  const std::size_t tail = std::min(delimiter.size() - 1, rest_.size());
  if (tail > 0) {
    std::string seam(rest_, rest_.size() - tail);
    seam += input.substr(0, delimiter.size() - 1);
    const std::size_t at = seam.find(delimiter);
    if (at < tail) return rest_.size() - tail + at;
  }
  const std::size_t at = input.find(delimiter);
  return at == std::string_view::npos ? at : rest_.size() + at;
}

std::size_t LineSplitter::lengthOf(std::string_view input, std::size_t end) const noexcept {
  if (!options_.dropCR || end == 0) return end;
  const char last = end > rest_.size() ? input[end - rest_.size() - 1] : rest_[end - 1];
  return last == '\r' ? end - 1 : end;
}

LineSplitter::Step LineSplitter::finish(std::string_view input, std::size_t end,
                                        std::size_t length) {
  const std::size_t taken = end + options_.delimiter.size() - rest_.size();
  if (rest_.empty()) return {Event::line, input.substr(0, length), taken};
  if (end > rest_.size()) rest_ += input.substr(0, end - rest_.size());
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

LineSplitter::Step LineSplitter::skip(std::string_view input) {
  const std::size_t tail = options_.delimiter.size() - 1;
  if (rest_.size() > tail) rest_ = rest_.substr(rest_.size() - tail);
  const std::size_t end = find(input);
  if (end == std::string_view::npos) {
    rest_ += input.substr(input.size() - std::min(tail, input.size()));
    return {Event::needMore, {}, input.size()};
  }
  const std::size_t taken = end + options_.delimiter.size() - rest_.size();
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
