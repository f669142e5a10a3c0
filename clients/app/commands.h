// The commands that ask: each prepares its row of the table in servers/app/app.cc.
#pragma once

#include "command_line.h"

namespace ropewalk::app {

UniqueFunction<int()> prepareConnect(CommandLine& line, CLI::App& parser);
UniqueFunction<int()> prepareFetch(CommandLine& line, CLI::App& parser);
UniqueFunction<int()> prepareResolve(CommandLine& line, CLI::App& parser);

}  // namespace ropewalk::app
