// Our name server, for dns.py: dns_server ZONE [PORT]; prints its port, and on the next line the
// zone's records, the seconds that loading took, and the bytes that it added to the process.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "ropewalk/core/net/endpoint.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/servers/dns/dns.h"

namespace {

std::size_t resident() {
  std::FILE* const file = std::fopen("/proc/self/statm", "r");
  unsigned long size = 0;
  unsigned long pages = 0;
  if (file == nullptr || std::fscanf(file, "%lu %lu", &size, &pages) != 2) std::exit(1);
  std::fclose(file);
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::string port = argc > 2 ? argv[2] : "0";
  ropewalk::Reactor reactor;
  const auto server = ropewalk::dns::Server::make(reactor);
  const std::size_t before = resident();
  const auto start = std::chrono::steady_clock::now();
  auto zone = ropewalk::dns::Zone::load(argv[1]);
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
  if (!zone) {
    std::fprintf(stderr, "%s\n", zone.failure().getErrorMessage().c_str());
    return 1;
  }
  const std::size_t records = zone.value()->recordCount();
  server->zone(std::move(zone).value());
  auto listening = ropewalk::listen(reactor, "udp://127.0.0.1:" + port, server);
  const auto listener = std::move(listening).takeResult();
  std::printf("%u\n%zu %.3f %zu\n", static_cast<unsigned>(listener.value().getHost().port), records,
              spent.count(), resident() - before);
  std::fflush(stdout);
  reactor.run({.installSignalHandlers = true});
}
