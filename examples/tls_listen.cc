// Anything on a tls:// endpoint: tls_listen echo|web 'tls://127.0.0.1:8443?dev=1&alpn=http/1.1'
// docs/tls.md lists the parameters.

#include <iostream>

#include "ropewalk/core/core.h"
#include "ropewalk/protocols/wire/echo.h"
#include "ropewalk/servers/http/http.h"
#include "ropewalk/ssl/ssl.h"

namespace rw = ropewalk;

std::shared_ptr<rw::Factory> factoryOf(const std::string& kind) {
  if (kind == "echo") return rw::factoryFor<rw::wire::Echo>();
  auto site = std::make_shared<rw::http::Site>();
  site->get("/", [](rw::http::Request& request) {
    return request.isSecure() ? "hello over TLS\n" : "hello in the clear\n";
  });
  return site;
}

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: tls_listen echo|web ENDPOINT\n";
    return 2;
  }
  int status = 0;
  rw::listen(rw::reactor(), argv[2], factoryOf(argv[1]))
      .addCallback([](const rw::ListeningPort& port) {
        std::cout << rw::format("listening on {}\n", port.getHost()) << std::flush;
      })
      .addErrback([&](const rw::Failure& why) {
        std::cerr << why.getErrorMessage() << '\n';
        status = 4;
      });
  if (status == 0) rw::reactor().run({.installSignalHandlers = true});
  return status;
}
