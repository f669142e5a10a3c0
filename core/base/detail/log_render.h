// How a log event looks: a line for people, or a JSON object. Private to core/base/log*.cc.
#pragma once

#include <cstdint>
#include <string>

#include "ropewalk/core/base/log.h"

namespace ropewalk::log::detail {

enum class Look : std::uint8_t {
  plain,     ///< text with date and zone, for files and for stderr before the start
  terminal,  ///< text with the time of day
  coloured,  ///< the same with ANSI colours
  json,
};

/// What suits a stream and the user's wishes: NO_COLOR (no-color.org), CLICOLOR_FORCE, TERM=dumb.
Look lookFor(bool isTerminal, Format format);

/// The event as text that ends with a line feed. In text, a line feed inside the message starts an
/// indented line, so that no peer can forge an event; other control characters and bytes that are
/// not UTF-8 are escaped.
std::string render(const Event& event, Look look);

}  // namespace ropewalk::log::detail
