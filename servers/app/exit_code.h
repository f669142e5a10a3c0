// How the ropewalk command ends.
#pragma once

namespace ropewalk::app {

/// Exit statuses; scripts rely on them.
enum ExitCode : int {
  kOk = 0,
  kFailed = 1,         // while running: no connection, an HTTP error, a peer that broke off
  kUsage = 2,          // the words of the command line
  kConfiguration = 3,  // what they name: a directory that is not there, a file that cannot be read
  kCannotListen = 4,   // the port is taken, or not ours to have
  kBadTls = 5,         // certificates, keys or authorities that cannot be used
  kInterrupted = 130   // a client command ended by SIGINT, as shells report it
};

}  // namespace ropewalk::app
