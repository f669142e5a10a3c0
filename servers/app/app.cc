// The commands of ropewalk, in the order of its help.
#include "app.h"

#include "commands.h"
#include "ropewalk/clients/app/command_line.h"
#include "ropewalk/clients/app/commands.h"
#include "ropewalk/clients/app/standard_streams.h"

namespace ropewalk::app {

int run(int argc, const char* const* argv) {
  prepareStandardStreams();
  CommandLine line;
  addWebCommand(line);
  addFetchCommand(line);
  addResolveCommand(line);
  addConnectCommand(line);
  addTlsTerminateCommand(line);
  addDnsCommand(line);
  addWireCommands(line);
  return line.run(argc, argv);
}

}  // namespace ropewalk::app
