// The table of all commands, in the order of the help.
#include "app.h"

#include "commands.h"
#include "ropewalk/clients/app/command_line.h"
#include "ropewalk/clients/app/commands.h"
#include "ropewalk/clients/app/standard_streams.h"

namespace ropewalk::app {

namespace {

constexpr Command kCommands[] = {
    {"web", "Serve a directory over HTTP", Command::Role::serves, prepareWeb},
    {"fetch", "Fetch URLs, to standard output or into files", Command::Role::asks, prepareFetch},
    {"resolve", "Ask the DNS", Command::Role::asks, prepareResolve},
    {"connect", "Talk to a server by hand: standard input and output to an endpoint",
     Command::Role::asks, prepareConnect},
    {"tls-terminate", "Speak TLS in front of any TCP server", Command::Role::serves,
     prepareTlsTerminate},
    {"dns", "Answer DNS questions: zones, hosts, block lists, forwarding", Command::Role::serves,
     prepareDns},
    {"echo", "Send back what comes (RFC 862)", Command::Role::serves, prepareWire},
    {"discard", "Throw away what comes (RFC 863)", Command::Role::serves, prepareWire},
    {"daytime", "Tell the time in words (RFC 867)", Command::Role::serves, prepareWire},
    {"qotd", "Send a quote (RFC 865)", Command::Role::serves, prepareWire},
    {"chargen", "Send characters without end (RFC 864)", Command::Role::serves, prepareWire},
    {"time", "Tell the time in four bytes (RFC 868)", Command::Role::serves, prepareWire},
    {"finger", "Tell about users (RFC 1288)", Command::Role::serves, prepareWire},
};

}  // namespace

int run(int argc, const char* const* argv) {
  prepareStandardStreams();
  CommandLine line;
  for (const Command& command : kCommands) line.add(command);
  return line.run(argc, argv);
}

}  // namespace ropewalk::app
