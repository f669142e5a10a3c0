// DNS over HTTPS in front of a name server that does not speak it: doh_bridge PORT UPSTREAM
//   doh_bridge 8443 127.0.0.1:53
//   curl --doh-url https://localhost:8443/dns-query …
#include <ropewalk/core/core.h>
#include <ropewalk/servers/dns/dns.h>
#include <ropewalk/servers/http/http.h>
#include <ropewalk/ssl/ssl.h>

#include <cstdio>
#include <cstdlib>

namespace rw = ropewalk;

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::fprintf(stderr, "usage: doh_bridge PORT UPSTREAM\n");
    return 2;
  }
  auto server = rw::dns::Server::make();
  server->forward(argv[2]);

  auto site = std::make_shared<rw::http::Site>();
  site->mount("/dns-query", server->doh());
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  const auto context = rw::ssl::Context::server(
      {.development = true, .alpn = {"http/1.1"}, .plaintextAnswer = rw::http::useHttpsAnswer()});
  const auto listening =
      rw::ssl::listenSSL(rw::reactor(), port, site, context, {.interface = "127.0.0.1"});
  std::printf("listening on %s\n", toText(listening.getHost()).c_str());
  std::fflush(stdout);
  rw::reactor().run({.installSignalHandlers = true});
} catch (const rw::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 4;
}
