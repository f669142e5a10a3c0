// An HTTPS service: https_hello [PORT]. Its certificate is made for localhost, by an authority of
// this user's own. Try it with: curl --cacert FILE https://localhost:8443/  (it says which file)

#include <cstdio>
#include <cstdlib>

#include "ropewalk/servers/http/http.h"
#include "ropewalk/ssl/development.h"
#include "ropewalk/ssl/ssl.h"

namespace rw = ropewalk;

int main(int argc, char** argv) {
  const auto port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 8443);

  auto site = std::make_shared<rw::http::Site>();
  site->get("/", [](rw::http::Request&) { return "hello, in private\n"; });

  const auto files = rw::ssl::developmentCertificate();
  const auto context = rw::ssl::Context::server({.certificate = files.certificate,
                                                 .key = files.key,
                                                 .alpn = {"http/1.1"},
                                                 .plaintextAnswer = rw::http::useHttpsAnswer()});
  const auto listening =
      rw::ssl::listenSSL(rw::reactor(), port, site, context, {.interface = "127.0.0.1"});
  std::printf("listening on %s\nauthority %s\n", toText(listening.getHost()).c_str(),
              files.authority.c_str());
  std::fflush(stdout);
  rw::reactor().run({.installSignalHandlers = true});
}
