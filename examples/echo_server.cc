// Sends back whatever comes: echo_server [PORT]. Try it with: nc 127.0.0.1 8007

#include <cstdio>
#include <cstdlib>

#include "ropewalk/core/core.h"

namespace rw = ropewalk;

struct Echo : rw::Protocol {
  void dataReceived(std::string_view data) override { transport().write(data); }
};

int main(int argc, char** argv) {
  const int port = argc > 1 ? std::atoi(argv[1]) : 8007;
  const auto listening = rw::reactor().listenTCP(
      static_cast<std::uint16_t>(port), rw::factoryFor<Echo>(), {.interface = "127.0.0.1"});
  std::printf("listening on %s\n", toText(listening.getHost()).c_str());
  std::fflush(stdout);
  rw::reactor().run({.installSignalHandlers = true});
}
