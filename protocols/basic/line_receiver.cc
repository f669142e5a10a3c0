// Lines out of the splitter, raw data past it; sendLine refuses what would be read as two lines.
#include "line_receiver.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "ropewalk/core/base/text.h"

namespace ropewalk {

namespace {

/// Whether the peer would see more than one line. Two searches for a byte are many times faster
/// than one for either of two.
bool breaks(std::string_view line, std::string_view delimiter) noexcept {
  const auto isText = [](char c) { return c == '\r' || c == '\n'; };
  if (!std::all_of(delimiter.begin(), delimiter.end(), isText))
    return line.find(delimiter) != std::string_view::npos;
  return line.find('\n') != std::string_view::npos || line.find('\r') != std::string_view::npos;
}

}  // namespace

void LineOnlyReceiver::lineLengthExceeded(std::string_view /*start*/) {
  transport().loseConnection();
}

bool LineOnlyReceiver::deliverOne() {
  const LineSplitter::Step step = splitter_.next(input());
  take(step.taken);
  switch (step.event) {
    case LineSplitter::Event::needMore:
      return false;
    case LineSplitter::Event::line:
      lineReceived(step.line);
      return true;
    case LineSplitter::Event::tooLong:
      lineLengthExceeded(step.line);
      return true;
  }
  return false;
}

void LineOnlyReceiver::sendLine(std::string_view line) {
  const LineOptions& options = lineOptions();
  const std::string_view delimiter = options.ending.empty() ? options.delimiter : options.ending;
  if (breaks(line, delimiter)) {
    throw std::invalid_argument("cannot send a line with a line end in it: " + quoteBytes(line) +
                                "; send two");
  }
  const std::array<std::string_view, 2> pieces{line, delimiter};
  transport().writeSequence(pieces);
}

void LineOnlyReceiver::setLineOptions(LineOptions options) {
  const std::string rest = splitter_.setOptions(std::move(options));
  unread(rest);
}

std::string LineOnlyReceiver::clearLineBuffer() { return splitter_.takeRest() + takeInput(); }

void LineOnlyReceiver::transportReplaced() {
  PausableReceiver::transportReplaced();
  [[maybe_unused]] const std::string gone = splitter_.takeRest();
}

void LineReceiver::rawDataReceived(std::string_view /*data*/) {
  throw std::logic_error("setRawMode needs an override of rawDataReceived");
}

bool LineReceiver::deliverOne() {
  if (!raw_) return LineOnlyReceiver::deliverOne();
  if (input().empty()) return false;
  const std::string_view data = input();
  take(data.size());
  rawDataReceived(data);
  return true;
}

void LineReceiver::setRawMode() {
  if (std::exchange(raw_, true)) return;
  const std::string rest = splitter().takeRest();
  unread(rest);
}

void LineReceiver::setLineMode(std::string_view extra) {
  raw_ = false;
  unread(extra);
}

}  // namespace ropewalk
