// The commands that serve: each prepares its row of the table in app.cc.
#pragma once

#include "ropewalk/clients/app/command_line.h"

namespace ropewalk::app {

UniqueFunction<int()> prepareDns(CommandLine& line, CLI::App& parser);
UniqueFunction<int()> prepareTlsTerminate(CommandLine& line, CLI::App& parser);
UniqueFunction<int()> prepareWeb(CommandLine& line, CLI::App& parser);
/// Each of the small services: which one, the parser's name says.
UniqueFunction<int()> prepareWire(CommandLine& line, CLI::App& parser);

}  // namespace ropewalk::app
