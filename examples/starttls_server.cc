// Lines in the clear until the client says STARTTLS, and then in private: starttls_server [PORT]
// WHO tells how the connection is protected.

#include <cstdio>
#include <cstdlib>

#include "ropewalk/core/core.h"
#include "ropewalk/protocols/basic/basic.h"
#include "ropewalk/ssl/ssl.h"

namespace rw = ropewalk;

struct Lines : rw::LineReceiver {
  explicit Lines(rw::ssl::Context context) : context(std::move(context)) {}

  void connectionMade() override { sendLine("220 hello; say STARTTLS"); }
  void lineReceived(std::string_view line) override {
    const rw::ssl::Session* tls = rw::ssl::sessionOf(transport());
    if (line == "STARTTLS" && tls == nullptr) {
      sendLine("220 go ahead");
      rw::ssl::startTLS(transport(), context);  // what was sent behind the command is thrown away
    } else if (line == "WHO") {
      sendLine(tls != nullptr ? rw::format("250 {} {}", tls->version(), tls->cipher())
                              : "250 anybody can read this");
    } else {
      sendLine("500 what?");
    }
  }

  rw::ssl::Context context;
};

int main(int argc, char** argv) {
  const auto port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 8025);
  const auto context = rw::ssl::Context::server({.development = true});
  const auto listening =
      rw::reactor().listenTCP(port, rw::factoryFor<Lines>(context), {.interface = "127.0.0.1"});
  std::printf("listening on %s\n", toText(listening.getHost()).c_str());
  std::fflush(stdout);
  rw::reactor().run({.installSignalHandlers = true});
}
