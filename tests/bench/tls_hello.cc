// Our TLS server, for tls.py: GET / answers "hello\n"; on a second port "GET /bulk/N" is answered
// with N bytes, and a third speaks plain HTTP. tls_hello CERTIFICATE KEY [PORT]; prints its ports.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "ropewalk/core/net/listening_port.h"
#include "ropewalk/servers/http/http.h"
#include "ropewalk/ssl/ssl.h"

namespace rw = ropewalk;

namespace {

/// Sends as many bytes as it was asked for, as fast as they are taken.
class Bulk final : public rw::Protocol, private rw::Producer {
 public:
  void dataReceived(std::string_view data) override {
    constexpr std::string_view kBulk = "GET /bulk/";
    if (!data.starts_with(kBulk)) return transport().loseConnection();
    const bool idle = left_ == 0;
    left_ += std::strtoull(data.data() + kBulk.size(), nullptr, 10);
    if (idle) transport().registerProducer(*this, rw::Streaming::pull);
  }

 private:
  void resumeProducing() override {
    static const std::string bytes(256 * 1024, 'x');
    const std::string_view some = std::string_view(bytes).substr(0, left_);
    left_ -= some.size();
    transport().write(some);
    if (left_ == 0) transport().unregisterProducer();
  }
  void stopProducing() override {}

  std::size_t left_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const auto port = static_cast<std::uint16_t>(argc > 3 ? std::atoi(argv[3]) : 0);
  rw::http::SiteOptions options;
  options.limits.idleTimeout = std::chrono::seconds(600);
  auto site = std::make_shared<rw::http::Site>(std::move(options));
  site->get("/", [](rw::http::Request&) { return "hello\n"; });
  const auto context = rw::ssl::Context::server({.certificate = argv[1], .key = argv[2]});
  rw::Reactor reactor;
  const rw::ListenOptions local{.interface = "127.0.0.1", .backlog = 4096};
  const auto pages = rw::ssl::listenSSL(reactor, port, site, context, local);
  const auto bulk = rw::ssl::listenSSL(reactor, 0, rw::factoryFor<Bulk>(), context, local);
  const auto plain = reactor.listenTCP(0, site, local);
  std::printf("%u\n%u\n%u\n", unsigned{pages.port()}, unsigned{bulk.port()},
              unsigned{plain.port()});
  std::fflush(stdout);
  reactor.run({.installSignalHandlers = true});
}
