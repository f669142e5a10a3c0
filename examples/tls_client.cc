// A client that trusts an authority of its own, and no other: tls_client HOST PORT AUTHORITY [LINE]
// Says who answered, sends the line, and shows the answer.

#include <iostream>

#include "ropewalk/core/core.h"
#include "ropewalk/protocols/basic/basic.h"
#include "ropewalk/ssl/ssl.h"

namespace rw = ropewalk;

rw::Deferred<void> ask(std::string server, std::string line) {
  rw::Deferred<rw::StreamHandle> connecting = rw::connectStream(server);
  const rw::StreamHandle stream = co_await std::move(connecting);  // the handshake is done
  const rw::ssl::Session& tls = *rw::ssl::sessionOf(stream->transport());
  const auto certificate = tls.peerCertificate();
  std::cout << rw::format("{}, {}: {}\n", tls.version(), tls.cipher(), certificate->subject);
  co_await stream->write(line + "\r\n");
  const std::string answer = co_await stream->readSome();
  std::cout << answer << std::flush;
}

int main(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: tls_client HOST PORT AUTHORITY [LINE]\n";
    return 2;
  }
  const std::string server = rw::format("tls://{}:{}?ca={}", argv[1], argv[2], argv[3]);
  int status = 0;
  rw::react([&] {
    return ask(server, argc > 4 ? argv[4] : "hello").addErrback([&](const rw::Failure& why) {
      std::cerr << why.getErrorMessage() << '\n';
      status = 1;
    });
  });
  return status;
}
