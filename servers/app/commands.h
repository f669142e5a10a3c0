// The commands that serve.
#pragma once

#include "ropewalk/clients/app/command_line.h"

namespace ropewalk::app {

void addDnsCommand(CommandLine& line);
void addTlsTerminateCommand(CommandLine& line);
void addWebCommand(CommandLine& line);
void addWireCommands(CommandLine& line);

}  // namespace ropewalk::app
