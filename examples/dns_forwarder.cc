// A forwarder with a cache and a block list, for a home: dns_forwarder PORT UPSTREAM BLOCKLIST
//   dns_forwarder 5300 9.9.9.9 ads.txt
#include <ropewalk/core/core.h>
#include <ropewalk/servers/dns/dns.h>

#include <cstdio>

namespace rw = ropewalk;

int main(int argc, char** argv) try {
  if (argc != 4) {
    std::fprintf(stderr, "usage: dns_forwarder PORT UPSTREAM BLOCKLIST\n");
    return 2;
  }
  auto server = rw::dns::Server::make();
  server->block(argv[3]);
  rw::dns::ForwardSetup setup;
  setup.cache.emplace();  // 10,000 answers, each as long as its TTL
  server->forward({argv[2]}, std::move(setup));
  server->add(std::make_shared<rw::dns::RateLimit>(rw::reactor()));

  const std::string where = rw::format("127.0.0.1:{}", argv[1]);
  const auto udp = rw::listen("udp://" + where, server).takeResult().value();
  const auto tcp =
      rw::listen(rw::format("tcp://127.0.0.1:{}", udp.port()), server).takeResult().value();
  std::printf("listening on %s\n", toText(tcp.getHost()).c_str());
  std::fflush(stdout);
  rw::reactor().run({.installSignalHandlers = true});
} catch (const rw::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 4;
}
