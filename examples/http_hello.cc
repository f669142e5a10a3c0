// An HTTP service in a dozen lines. Try: curl -i http://127.0.0.1:8080/  and  /users/7
#include <ropewalk/servers/http/http.h>

#include <cstdio>
#include <cstdlib>

namespace rw = ropewalk;

int main(int argc, char** argv) {
  const auto port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 8080);

  auto site = std::make_shared<rw::http::Site>();
  site->get("/", [](rw::http::Request&) { return "hello\n"; });
  site->get("/users/:id", [](rw::http::Request& r) {
    return rw::http::json({{"id", r.param("id")}});
  });

  const auto listening = rw::reactor().listenTCP(port, site, {.interface = "127.0.0.1"});
  std::printf("listening on 127.0.0.1:%u\n", static_cast<unsigned>(listening.port()));
  std::fflush(stdout);
  rw::reactor().run({.installSignalHandlers = true});
}
