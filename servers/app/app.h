// The ropewalk command: servers and clients from the command line, without C++.
#pragma once

namespace ropewalk::app {

/// Parses the command line, runs the command, and gives the exit status (exit_code.h). Throws
/// nothing.
int run(int argc, const char* const* argv);

}  // namespace ropewalk::app
