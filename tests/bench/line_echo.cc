// An echo of lines, for comparison with limit_lines. line_echo [PORT]; prints its port.
#include <cstdio>
#include <cstdlib>

#include "ropewalk/core/core.h"
#include "ropewalk/protocols/basic/basic.h"

namespace rw = ropewalk;

namespace {

struct Echo : rw::LineReceiver {
  void lineReceived(std::string_view line) override { sendLine(line); }
};

}  // namespace

int main(int argc, char** argv) {
  const auto port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);
  const auto listening =
      rw::reactor().listenTCP(port, rw::factoryFor<Echo>(), {.interface = "127.0.0.1"});
  std::printf("%u\n", static_cast<unsigned>(listening.port()));
  std::fflush(stdout);
  rw::reactor().run({.installSignalHandlers = true});
}
