// A server behind a balancer: behind_balancer [ENDPOINT]. It tells each client who it is, by the
// PROXY header that the balancer sends. Try: curl --haproxy-protocol http://127.0.0.1:8080/

#include <iostream>

#include "ropewalk/core/core.h"
#include "ropewalk/servers/http/http.h"
#include "ropewalk/servers/proxy_protocol/accept.h"

namespace rw = ropewalk;

int main(int argc, char** argv) {
  auto factory = std::make_shared<rw::http::Site>();
  factory->get("/", [](rw::http::Request& request) {
    return rw::format("you are {}\n", request.getClientAddress());
  });
  const std::string endpoint = argc > 1 ? argv[1] : "proxy+tcp://127.0.0.1:8080?trust=127.0.0.0/8";
  int status = 0;
  rw::listen(rw::reactor(), endpoint, factory)
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
