// Sends back every datagram: udp_echo [PORT]. Try it with: nc -u 127.0.0.1 7007

#include <cstdio>
#include <cstdlib>

#include "ropewalk/core/core.h"

namespace rw = ropewalk;

struct Pong : rw::DatagramProtocol {
  void datagramReceived(std::string_view packet, const rw::Address& from) override {
    transport().write(packet, from);
  }
};

int main(int argc, char** argv) {
  const int port = argc > 1 ? std::atoi(argv[1]) : 7007;
  const auto listening = rw::reactor().listenUDP(
      static_cast<std::uint16_t>(port), std::make_unique<Pong>(), {.interface = "127.0.0.1"});
  std::printf("listening on %s\n", toText(listening.getHost()).c_str());
  std::fflush(stdout);
  rw::reactor().run({.installSignalHandlers = true});
}
