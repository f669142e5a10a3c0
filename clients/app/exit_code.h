// How the ropewalk command ends.
#pragma once

#include <string_view>

namespace ropewalk::app {

/// Exit statuses; scripts rely on them. docs/command.md has the same table.
enum ExitCode : int {
  kOk = 0,
  kFailed = 1,         // while running: no connection, an HTTP error, output that cannot be written
  kUsage = 2,          // the words of the command line
  kConfiguration = 3,  // what they name: a directory that is not there, a file that cannot be read
  kCannotListen = 4,   // the port is taken, or not ours to have
  kBadTls = 5,         // certificates, keys or authorities that cannot be used
  kNoName = 6,         // resolve: there is no such name
  kNoRecord = 7,       // resolve: the name has no such record
  kServerError = 8,    // resolve: the server failed, refused, said nothing or cannot be reached
  kSignalled = 128     // a client that was ended by a signal: this and its number, as shells say it
};

/// The table, for the help.
inline constexpr std::string_view kExitCodes =
    "Exit status: 0 done, 1 failed while running, 2 the command line, 3 a file or folder that it\n"
    "names, 4 cannot listen, 5 certificates and keys; resolve: 6 no such name, 7 no such record,\n"
    "8 the server failed, refused, said nothing or cannot be reached; 130 interrupted";

}  // namespace ropewalk::app
