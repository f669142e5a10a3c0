// Our server, for run.py: GET / answers "hello\n". Prints its port.
#include <cstdio>
#include <cstdlib>

#include "ropewalk/core/net/listening_port.h"
#include "ropewalk/servers/http/http.h"

int main(int argc, char** argv) {
  const auto port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);
  ropewalk::http::SiteOptions options;
  if (argc > 2) options.limits.idleTimeout = std::chrono::seconds(std::atoi(argv[2]));
  auto site = std::make_shared<ropewalk::http::Site>(std::move(options));
  site->get("/", [](ropewalk::http::Request&) { return "hello\n"; });
  if (argc > 3) site->files("/files", argv[3]);
  ropewalk::Reactor reactor;
  const auto listening = reactor.listenTCP(port, site, {.interface = "127.0.0.1", .backlog = 4096});
  std::printf("%u\n", static_cast<unsigned>(listening.port()));
  std::fflush(stdout);
  reactor.run({.installSignalHandlers = true});
}
