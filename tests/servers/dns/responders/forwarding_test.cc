// Forwarding over real sockets: to another server, to one that is dead, and to ourselves.
#include "ropewalk/clients/dns/client.h"
#include "ropewalk/core/base/log_capture.h"
#include "ropewalk/core/net/endpoint.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "ropewalk/servers/dns/server.h"
#include "tests/core/net/world.h"

namespace ropewalk::dns {

namespace {

constexpr std::string_view kZone =
    "$ORIGIN a.test.\n$TTL 60\n@ SOA ns h 7 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n"
    "www A 192.0.2.7\n";

/// Listens on loopback; "127.0.0.1:port".
std::string listenOn(World& world, const std::shared_ptr<Server>& server,
                     const std::string& scheme = "udp", std::uint16_t port = 0) {
  const auto listening =
      ropewalk::listen(world.reactor, format("{}://127.0.0.1:{}", scheme, port), server)
          .takeResult()
          .value();
  return format("127.0.0.1:{}", listening.port());
}

std::shared_ptr<Server> authorityIn(World& world) {
  auto server = Server::make(world.reactor);
  server->zone(Zone::parse(kZone).value());
  return server;
}

/// A port that nobody listens on.
std::string deadAddress(World& world) {
  auto listening = ropewalk::listen(world.reactor, "udp://127.0.0.1:0", Server::make(world.reactor))
                       .takeResult()
                       .value();
  const std::string address = format("127.0.0.1:{}", listening.port());
  auto stopped = listening.stopListening();
  REQUIRE(world.until([&] { return stopped.ready(); }));
  return address;
}

ClientOptions asking(const std::string& server) {
  ClientOptions options;
  options.servers = {server};
  options.timeout = 10s;
  options.tries = 1;
  return options;
}

Message askOver(World& world, Client& client, std::string_view name, Type type = Type::A) {
  auto asked = client.ask({Name(name), type, Class::IN});
  REQUIRE(world.until([&] { return asked.ready(); }));
  return testing::successResultOf(asked);
}

}  // namespace

TEST_CASE("a server answers with what another one says") {
  World world("epoll");
  const auto upstream = listenOn(world, authorityIn(world));
  const auto front = Server::make(world.reactor);
  front->forward(upstream);
  Client client(world.reactor, asking(listenOn(world, front)));

  const Message answer = askOver(world, client, "www.a.test");
  CHECK(recordsOf<A>(answer.answers).at(0).address == "192.0.2.7");
  CHECK(answer.recursionAvailable);
  CHECK_FALSE(answer.authoritative);
  const Message nothing = askOver(world, client, "nowhere.a.test");
  CHECK(nothing.rcode == Rcode::NXDOMAIN);
  CHECK(nothing.authority.size() == 1);
  CHECK(askOver(world, client, "www.a.test", Type::MX).rcode == Rcode::NOERROR);
  CHECK(askOver(world, client, "b.test").rcode == Rcode::REFUSED);
}

TEST_CASE("zones, functions and hosts know special names before a forwarder does") {
  World world("epoll");
  const auto upstream = listenOn(world, authorityIn(world));
  const auto front = Server::make(world.reactor);
  front->forward(upstream);
  front->answer("a.onion", [](const Question&) { return A("192.0.2.5"); });
  front->zone(
      Zone::parse("$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.6\n", Name("localhost"))
          .value());
  Client client(world.reactor, asking(listenOn(world, front)));
  CHECK(recordsOf<A>(askOver(world, client, "a.onion").answers).at(0).address == "192.0.2.5");
  CHECK(recordsOf<A>(askOver(world, client, "ns.localhost").answers).at(0).address == "192.0.2.6");
  CHECK(askOver(world, client, "b.onion").rcode == Rcode::NXDOMAIN);
}

TEST_CASE("an upstream may be asked over TCP, and remembered") {
  World world("epoll");
  const auto authority = authorityIn(world);
  const auto upstream = listenOn(world, authority, "tcp");
  const auto front = Server::make(world.reactor);
  front->forward({"tcp://" + upstream}, {.cache = CacheOptions{}});
  Client client(world.reactor, asking(listenOn(world, front)));
  for (int i = 0; i < 3; ++i) {
    CHECK(askOver(world, client, "www.a.test").answers.size() == 1);
  }
  const auto tcp = static_cast<std::size_t>(Carrier::tcp);
  CHECK(authority->dispatcher().counts().queries[tcp] == 1);
}

TEST_CASE("a dead upstream is passed over") {
  const log::testing::Captured logged;
  World world("epoll");
  const auto dead = deadAddress(world);
  const auto upstream = listenOn(world, authorityIn(world));
  for (const auto strategy :
       {UpstreamsOptions::Strategy::inTurn, UpstreamsOptions::Strategy::fastest}) {
    const auto front = Server::make(world.reactor);
    front->forward({dead, upstream}, {.upstreams = {.strategy = strategy}});
    Client client(world.reactor, asking(listenOn(world, front)));
    CHECK(askOver(world, client, "www.a.test").answers.size() == 1);
  }
}

TEST_CASE("a server that forwards to itself asks itself once, and gives up") {
  const log::testing::Captured logged;
  World world("epoll");
  const auto front = Server::make(world.reactor);
  const auto address = listenOn(world, front);
  ForwardSetup setup{.upstreams = {.timeout = 200ms}};
  setup.client.timeout = 100ms;
  setup.client.tries = 1;
  front->forward({address}, std::move(setup));
  Client client(world.reactor, asking(address));
  CHECK(askOver(world, client, "a.test").rcode == Rcode::SERVFAIL);
  // The client's question, and the one that came back; its answer came too late for a third.
  const auto udp = static_cast<std::size_t>(Carrier::udp);
  CHECK(front->dispatcher().counts().queries[udp] == 2);
}

TEST_CASE("a server that goes away while its upstream thinks leaves nothing behind") {
  const log::testing::Captured logged;
  World world("epoll");
  const auto mute = Server::make(world.reactor);
  std::optional<Source<A>> never;
  mute->answer("*", [&never](const Question&) { return never.emplace().deferred(); });
  auto front = Server::make(world.reactor);
  front->forward(listenOn(world, mute));
  auto port = ropewalk::listen(world.reactor, "udp://127.0.0.1:0", front).takeResult().value();
  Client client(world.reactor, asking(format("127.0.0.1:{}", port.port())));
  auto asked = client.ask({Name("a.test"), Type::A, Class::IN});
  REQUIRE(world.until([&] { return mute->dispatcher().counts().later == 1; }));
  auto stopped = port.stopListening();
  REQUIRE(world.until([&] { return stopped.ready(); }));
  const std::weak_ptr<Server> gone = front;
  front.reset();
  REQUIRE(world.until([&] { return gone.expired(); }));
  asked.cancel();
  (void)testing::failureResultOf(asked);
}

}  // namespace ropewalk::dns
