// A stream of the log that the program itself writes to. docs/logging.md.
#pragma once

#include <cstdio>
#include <string_view>

#include "log.h"
#include "unique_function.h"

namespace ropewalk::log {

/// As startLogging(stream, format), but each line goes through `write`, which knows better how it
/// gets to that stream: without waiting for whoever reads it, say.
/// @param write  gets a whole line with its line feed, on the thread that logs, one at a time; must
///               not log; what it throws is reported, and the next line comes all the same
void startLoggingBy(UniqueFunction<void(std::string_view line)> write, std::FILE* stream,
                    Format format = Format::automatic, Where where = Where::here());

}  // namespace ropewalk::log
