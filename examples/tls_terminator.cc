// TLS in front of any server: tls_terminator PORT BACKEND…, the first back end that can be reached.
// Its certificate is made for localhost. With the protocols of quickstart running:
//   tls_terminator 8443 127.0.0.1:8060      and the chat is private

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "ropewalk/core/core.h"
#include "ropewalk/servers/forward/forward.h"
#include "ropewalk/ssl/ssl.h"

namespace rw = ropewalk;

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: tls_terminator PORT BACKEND…\n");
    return 2;
  }
  const auto context = rw::ssl::Context::server({.development = true});
  const std::vector<std::string> backEnds(argv + 2, argv + argc);
  const auto forward = rw::forwardTo(rw::reactor(), backEnds, {.sendProxy = rw::SendProxy::no});
  const auto listening =
      rw::ssl::listenSSL(rw::reactor(), static_cast<std::uint16_t>(std::atoi(argv[1])), forward,
                         context, {.interface = "127.0.0.1"});
  std::printf("listening on %s\n", toText(listening.getHost()).c_str());
  std::fflush(stdout);
  rw::reactor().run({.installSignalHandlers = true});
}
