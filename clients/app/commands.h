// The commands that ask: what servers/app/app.cc joins to those that serve.
#pragma once

#include "command_line.h"

namespace ropewalk::app {

void addConnectCommand(CommandLine& line);
void addFetchCommand(CommandLine& line);
void addResolveCommand(CommandLine& line);

}  // namespace ropewalk::app
