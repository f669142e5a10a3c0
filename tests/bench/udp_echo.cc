// The UDP echo of the examples, for comparison with limit_udp. udp_echo [PORT [peer|any|gro]];
// prints its port. peer: answers without making an Address; any: bound to every interface; gro:
// takes runs of datagrams from the kernel.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "ropewalk/core/core.h"

namespace rw = ropewalk;

namespace {

struct Echo : rw::DatagramProtocol {
  void datagramReceived(std::string_view data, const rw::Address& from) override {
    transport().write(data, from);
  }
};

struct PeerEcho : rw::DatagramProtocol {
  void received(const rw::Datagram& datagram) override {
    transport().write(datagram.data, datagram.peer);
  }
};

}  // namespace

int main(int argc, char** argv) {
  const auto port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);
  const std::string_view mode = argc > 2 ? argv[2] : "";
  rw::ListenUDPOptions options;
  if (mode != "any") options.interface = "127.0.0.1";
  options.coalesce = mode == "gro";
  std::unique_ptr<rw::DatagramProtocol> protocol;
  if (mode == "peer") {
    protocol = std::make_unique<PeerEcho>();
  } else {
    protocol = std::make_unique<Echo>();
  }
  const auto listening = rw::reactor().listenUDP(port, std::move(protocol), options);
  std::printf("%u\n", static_cast<unsigned>(listening.port()));
  std::fflush(stdout);
  rw::reactor().run({.installSignalHandlers = true});
}
