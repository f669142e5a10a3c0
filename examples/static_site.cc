// A directory on the web, with an access log: static_site [port [directory]]
#include <ropewalk/servers/http/http.h>

#include <cstdio>
#include <cstdlib>

namespace rw = ropewalk;

int main(int argc, char** argv) {
  const auto port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 8083);
  const char* directory = argc > 2 ? argv[2] : ".";

  rw::http::SiteOptions options;
  options.accessLog = [](const rw::http::AccessEntry& entry) {
    std::fprintf(stderr, "%s\n", rw::http::combinedLine(entry).c_str());
  };
  auto site = std::make_shared<rw::http::Site>(std::move(options));
  site->files("/", directory, {.browse = true, .cacheControl = "no-cache"});

  const auto listening = rw::reactor().listenTCP(port, site, {.interface = "127.0.0.1"});
  std::printf("listening on 127.0.0.1:%u\n", static_cast<unsigned>(listening.port()));
  std::fflush(stdout);
  rw::reactor().run({.installSignalHandlers = true});
}
