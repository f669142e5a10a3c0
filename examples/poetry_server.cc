// Recites a poem, slowly: poetry_server [PORT [MILLISECONDS PER LINE]]
// Each client gets the whole poem from its start; they do not wait for one another.

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "ropewalk/core/async/task.h"
#include "ropewalk/core/core.h"
#include "ropewalk/protocols/basic/basic.h"

namespace rw = ropewalk;

// Christina Rossetti, 1872.
constexpr std::array kPoem{
    "Who has seen the wind?",
    "Neither I nor you:",
    "But when the leaves hang trembling,",
    "The wind is passing through.",
    "",
    "Who has seen the wind?",
    "Neither you nor I:",
    "But when the trees bow down their heads,",
    "The wind is passing by.",
};

rw::Deferred<void> recite(rw::StreamHandle stream, std::chrono::milliseconds pause) {
  for (const std::string line : kPoem) {
    co_await rw::deferLater(rw::reactor(), pause);
    co_await stream->write(line + "\n");
  }
}

int main(int argc, char** argv) {
  const int port = argc > 1 ? std::atoi(argv[1]) : 8009;
  const std::chrono::milliseconds pause(argc > 2 ? std::atoi(argv[2]) : 300);
  const auto factory =
      rw::serveStreams([pause](rw::StreamHandle stream) { return recite(stream, pause); });
  const auto listening = rw::reactor().listenTCP(static_cast<std::uint16_t>(port), factory,
                                                 {.interface = "127.0.0.1"});
  std::printf("listening on %s\n", toText(listening.getHost()).c_str());
  std::fflush(stdout);
  rw::reactor().run({.installSignalHandlers = true});
}
