// A client that trusts an authority of its own, and no other: tls_client HOST PORT AUTHORITY [LINE]
// Says who answered, sends the line, and shows the answer.

#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "ropewalk/core/core.h"
#include "ropewalk/ssl/ssl.h"

namespace rw = ropewalk;

struct Asker : rw::Protocol {
  explicit Asker(std::string line) : line(std::move(line)) {}
  void handshakeCompleted() override {
    const rw::ssl::Session& tls = *rw::ssl::sessionOf(transport());
    const auto server = tls.peerCertificate();
    std::cout << rw::format("{}, {}: {}\n", tls.version(), tls.cipher(), server->subject);
    transport().write(line + "\r\n");
  }
  void dataReceived(std::string_view data) override {
    std::cout << data << std::flush;
    transport().loseConnection();
  }
  void connectionLost(const rw::Failure& why) override {
    if (!why.check<rw::ConnectionDone>()) std::cerr << why.getErrorMessage() << '\n';
    rw::reactor().stop();
  }
  std::string line;
};

int main(int argc, char** argv) try {
  if (argc < 4) {
    std::cerr << "usage: tls_client HOST PORT AUTHORITY [LINE]\n";
    return 2;
  }
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[2]));
  const auto context = rw::ssl::Context::client({.trust = argv[3]});
  auto asker = rw::factoryFor<Asker>(std::string(argc > 4 ? argv[4] : "hello"));
  auto connecting = rw::ssl::connectSSL(rw::reactor(), argv[1], port, asker, context);
  int status = 0;
  connecting.addErrback([&](const rw::Failure& why) {
    std::cerr << why.getErrorMessage() << '\n';
    status = 1;
    if (rw::reactor().running()) rw::reactor().callSoon([] { rw::reactor().stop(); });
    return rw::Handle<rw::Protocol>();
  });
  rw::reactor().run();
  return status;
} catch (const rw::Error& error) {
  std::cerr << error.what() << '\n';
  return 5;
}
