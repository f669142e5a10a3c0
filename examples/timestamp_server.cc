// A line in, "[time] line" back, and a log of who comes and goes: timestamp_server [PORT]

#include <cstdio>
#include <cstdlib>

#include "ropewalk/core/core.h"
#include "ropewalk/protocols/basic/basic.h"

namespace rw = ropewalk;

struct Timestamp : rw::LineReceiver {
  void connectionMade() override {
    rw::log::info("client connected from {}", transport().getPeer().host);
  }
  void lineReceived(std::string_view line) override {
    sendLine(rw::format("[{}] {}", rw::now(), line));
  }
  void connectionLost(const rw::Failure& why) override { rw::log::info("gone: {}", why); }
};

int main(int argc, char** argv) {
  rw::log::startLogging(stderr);
  const int port = argc > 1 ? std::atoi(argv[1]) : 8008;
  const auto listening = rw::reactor().listenTCP(
      static_cast<std::uint16_t>(port), rw::factoryFor<Timestamp>(), {.interface = "127.0.0.1"});
  std::printf("listening on %s\n", toText(listening.getHost()).c_str());
  std::fflush(stdout);
  rw::reactor().run({.installSignalHandlers = true});
}
