// A name server in C++: a zone from text, answers from functions, one of them slow. dns_server PORT
//   dig -p 5300 @127.0.0.1 www.example.test      dig -p 5300 @127.0.0.1 me.example.test TXT
#include <ropewalk/core/core.h>
#include <ropewalk/servers/dns/dns.h>

#include <cstdio>

namespace rw = ropewalk;
using namespace std::chrono_literals;

constexpr std::string_view kZone = R"($ORIGIN example.test.
$TTL 1h
@     SOA  ns1 hostmaster ( 1 2h 15m 2w 5m )
      NS   ns1
      MX   10 mail
ns1   A    192.0.2.1
mail  A    192.0.2.25
www   A    192.0.2.80
      AAAA 2001:db8::80
*.web CNAME www
)";

/// A coroutine may take its time; other questions are answered meanwhile.
rw::Deferred<rw::dns::TXT> slow(rw::dns::Question question) {
  co_await rw::deferLater(rw::reactor(), 50ms);
  co_return rw::dns::TXT("slowly: " + toText(question.name), 0s);
}

int main(int argc, char** argv) try {
  const std::string port = argc > 1 ? argv[1] : "5300";
  auto server = rw::dns::Server::make();
  server->zone(rw::dns::Zone::parse(kZone).value());
  server->answer("*.build.test",
                 [](const rw::dns::Question&) { return rw::dns::A("192.0.2.7", 60s); });
  server->answer("me.example.test", [](const rw::dns::Query& query) {
    return rw::dns::TXT("you are " + query.peer().host, 0s);
  });
  server->answer("slow.example.test", slow);

  const auto udp = rw::listen("udp://127.0.0.1:" + port, server).takeResult().value();
  const auto tcp =
      rw::listen(rw::format("tcp://127.0.0.1:{}", udp.port()), server).takeResult().value();
  std::printf("listening on %s\n", toText(tcp.getHost()).c_str());
  std::fflush(stdout);
  rw::reactor().run({.installSignalHandlers = true});
} catch (const rw::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 4;
}
