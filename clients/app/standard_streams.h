// The three descriptors that every program has: open, and with errors that are heard.
#pragma once

#include <string>
#include <string_view>

namespace ropewalk::app {

/// Before anything else is opened. Standard descriptors that are closed become /dev/null, so that
/// no socket or file takes their place, and opened the wrong way round, so that their use is an
/// error. And a reader that goes away is an error too, no signal: a server outlives the reader of
/// its log.
void prepareStandardStreams();

/// The end of a filter whose reader is gone: by SIGPIPE, without a word. Returns where those who
/// started us ignore that signal.
void endBySigPipe();

/// Writes to standard output; blocks. Throws OutputLost.
void print(std::string_view text);

/// All of standard input; blocks. Throws Error.
[[nodiscard]] std::string readStandardInput();

/// Says it on standard error, where that has room for it: talk for whose sake nobody waits.
void mention(std::string_view text);

/// Throws OutputLost for an errno, or OutputReaderGone. `name` is where it was to be written:
/// "standard output".
[[noreturn]] void cannotWriteTo(const std::string& name, int error);

}  // namespace ropewalk::app
