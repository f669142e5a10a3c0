// An echo server that speaks TLS: tls_echo [PORT [CERTIFICATE KEY]]. Without a certificate it makes
// one for localhost; files that change are loaded again. At its end it says what became of the
// handshakes. Try it with:
//   ropewalk connect --tls --insecure 127.0.0.1:8443

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "ropewalk/core/core.h"
#include "ropewalk/ssl/ssl.h"

namespace rw = ropewalk;

struct Echo : rw::Protocol {
  void dataReceived(std::string_view data) override { transport().write(data); }
};

/// "3 handshakes, 1 resumed; 2 failed", and why these did.
void report(const rw::ssl::HandshakeCounts& counts) {
  std::puts(rw::format("{} handshakes, {} resumed; {} failed", counts.completed, counts.resumed,
                       counts.failed)
                .c_str());
  for (std::size_t i = 0; i < counts.failures.size(); ++i) {
    const auto reason = static_cast<rw::ssl::HandshakeFailure>(i);
    if (counts.failures[i] == 0) continue;
    std::puts(rw::format("  {}: {}", toText(reason), counts.failures[i]).c_str());
  }
}

int main(int argc, char** argv) try {
  const auto port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 8443);
  rw::ssl::ServerOptions options;
  if (argc > 3) {
    options.certificate = argv[2];
    options.key = argv[3];
  } else {
    options.development = true;
  }

  // The two lines that make it TLS:
  const auto context = rw::ssl::Context::server(options);
  const auto factory = rw::ssl::wrap(context, rw::factoryFor<Echo>());

  context.watch(rw::reactor());  // a renewed certificate is served without a restart
  const auto listening = rw::reactor().listenTCP(port, factory, {.interface = "127.0.0.1"});
  std::printf("listening on %s\n", toText(listening.getHost()).c_str());
  std::fflush(stdout);
  rw::reactor().run({.installSignalHandlers = true});
  report(context.handshakes());
} catch (const rw::ssl::ContextError& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 5;
}
