// The end of a server that finishes what is in flight.
#include "ropewalk/core/net/drain.h"

#include <sys/resource.h>
#include <unistd.h>

#include "tests/core/net/world.h"

namespace ropewalk {
namespace {

struct InFlight;
/// Shared: the last connections go with the reactor, after the test's own variables.
using All = std::shared_ptr<std::vector<InFlight*>>;

/// Knows what is in flight: ends when it is told that all is done.
struct InFlight final : Protocol {
  explicit InFlight(All those) : all(std::move(those)) { all->push_back(this); }
  ~InFlight() override { std::erase(*all, this); }
  void dataReceived(std::string_view) override { busy = true; }
  void drainBegun() override {
    ++told;
    if (!busy) transport().loseConnection();
  }
  const All all;
  bool busy = false;
  int told = 0;
};

struct Server {
  explicit Server(World& world)
      : world(world),
        port(world.reactor.listenTCP(0, factoryFor<InFlight>(shared), {.interface = "127.0.0.1"})) {
  }
  void begin(Duration most) {
    draining.emplace(drain(world.reactor, most).addCallback([this] { over = true; }));
  }

  World& world;
  All shared = std::make_shared<std::vector<InFlight*>>();
  std::vector<InFlight*>& all = *shared;
  ListeningPort port;
  std::optional<Deferred<void>> draining;
  bool over = false;
};

TEST_CASE("drain: without connections it is over at once, and the port is closed") {
  EVERY_POLLER;
  Server server(world);
  const std::uint16_t port = server.port.port();
  server.begin(1h);
  CHECK(server.over);
  CHECK_FALSE(server.port.listening());
  CHECK_FALSE(Client(port).ok());
}

TEST_CASE("drain: idle connections end at once, those with something in flight when that is done") {
  EVERY_POLLER;
  Server server(world);
  const Client idle(server.port.port());
  Client busy(server.port.port());
  busy.send("work");
  REQUIRE(world.until([&] {
    return std::any_of(server.all.begin(), server.all.end(), [](auto* each) { return each->busy; });
  }));
  REQUIRE(world.until([&] { return server.all.size() == 2; }));
  server.begin(1h);
  REQUIRE(world.until([&] { return server.all.size() == 1; }));
  world.settle();
  CHECK_FALSE(server.over);
  CHECK(server.all.front()->busy);
  CHECK(server.all.front()->told == 1);
  server.all.front()->transport().write("done");
  server.all.front()->transport().loseConnection();
  REQUIRE(world.until([&] { return server.over; }));
  CHECK(busy.take() == "done");
}

TEST_CASE("drain: when time is up it is over, and what is left still stands") {
  EVERY_POLLER;
  Server server(world);
  const Client busy(server.port.port());
  busy.send("work");
  REQUIRE(world.until([&] { return !server.all.empty() && server.all.front()->busy; }));
  server.begin(50ms);
  REQUIRE(world.until([&] { return server.over; }));
  CHECK(server.all.size() == 1);
}

TEST_CASE("drain: whom the kernel has let in is taken, and told too") {
  EVERY_POLLER;
  Server server(world);
  std::deque<Client> clients;
  for (int i = 0; i < 5; ++i) clients.emplace_back(server.port.port());
  REQUIRE(server.all.empty());  // the reactor has not turned
  server.begin(1h);
  CHECK(server.all.size() == 5);
  REQUIRE(world.until([&] { return server.over; }));
  for (Client& each : clients) {
    each.take();
    CHECK(each.ended());
    CHECK(each.error() == 0);
  }
}

TEST_CASE("drain: out of descriptors, whom the kernel has let in gets one that another leaves") {
  EVERY_POLLER;
  const log::testing::Captured captured;
  Server server(world);
  Client busy(server.port.port());
  busy.send("work");
  REQUIRE(world.until([&] { return !server.all.empty() && server.all.front()->busy; }));
  std::deque<Client> waiting;
  for (int i = 0; i < 2; ++i) waiting.emplace_back(server.port.port());
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const int used = UniqueFd(::dup(0)).get();
  const rlimit none{.rlim_cur = static_cast<rlim_t>(used), .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &none);
  server.begin(1h);
  const std::size_t taken = server.all.size();
  server.all.front()->transport().loseConnection();
  const bool over = world.until([&] { return server.over; });
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK(taken == 1);
  CHECK(over);
  CHECK_FALSE(server.port.listening());
  for (Client& each : waiting) {
    each.take();
    CHECK(each.ended());
    CHECK(each.error() == 0);
  }
}

TEST_CASE("drain: connections that we made are not waited for, and not told") {
  EVERY_POLLER;
  const All ours = std::make_shared<std::vector<InFlight*>>();
  Record& there = world.record();
  World elsewhere("poll");
  const auto port =
      elsewhere.reactor.listenTCP(0, recorderFactory(there), {.interface = "127.0.0.1"});
  auto connecting = world.reactor.connectTCP("127.0.0.1", port.port(), factoryFor<InFlight>(ours));
  REQUIRE(world.until([&] { return !ours->empty() && ours->front()->transport().connected(); }));
  bool over = false;
  auto draining = drain(world.reactor, 1h).addCallback([&] { over = true; });
  CHECK(over);
  CHECK(ours->front()->told == 0);
}

}  // namespace
}  // namespace ropewalk
