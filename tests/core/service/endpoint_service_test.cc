// StreamServerEndpointService: a port that opens and closes with a program.
#include "ropewalk/core/service/endpoint_service.h"

#include <optional>

#include "ropewalk/core/net/endpoint.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "tests/core/net/world.h"

namespace ropewalk {

namespace {

const char* const kLoopback = "tcp://127.0.0.1:0";

}  // namespace

TEST_CASE("StreamServerEndpointService: listens while it runs, and can be run again") {
  EVERY_POLLER;
  Record& record = world.record();
  StreamServerEndpointService service(world.reactor, kLoopback, recorderFactory(record));
  CHECK_FALSE(service.port().listening());
  for (int round = 0; round < 2; ++round) {
    service.startService();
    const std::uint16_t port = service.port().port();
    CHECK(Client(port).ok());
    Deferred<void> stopped = service.stopService();
    REQUIRE(world.until([&] { return stopped.ready(); }));
    CHECK_FALSE(Client(port).ok());
  }
}

TEST_CASE(
    "StreamServerEndpointService: the privileged start binds, the start binds no second time") {
  World world("poll");
  StreamServerEndpointService service(world.reactor, kLoopback, recorderFactory(world.record()));
  service.privilegedStartService();
  const std::uint16_t port = service.port().port();
  CHECK(port != 0);
  CHECK_FALSE(service.running());
  service.startService();
  CHECK(service.port().port() == port);
}

TEST_CASE("APP-03: what cannot be bound is thrown by startService, which then does not run") {
  World world("poll");
  const auto factory = recorderFactory(world.record());
  const ListeningPort taken = world.reactor.listenTCP(0, factory, {.interface = "127.0.0.1"});
  StreamServerEndpointService service(world.reactor, format("127.0.0.1:{}", taken.port()), factory);
  CHECK_THROWS_AS(service.startService(), CannotListenError);
  CHECK_FALSE(service.running());
  StreamServerEndpointService bad(world.reactor, "tcp://:http", factory);
  CHECK_THROWS_AS(bad.startService(), BadEndpointError);
}

TEST_CASE("StreamServerEndpointService: in a MultiService, a port that is taken stops the others") {
  World world("poll");
  const auto factory = recorderFactory(world.record());
  MultiService program;
  auto& first =
      program.emplaceService<StreamServerEndpointService>(world.reactor, kLoopback, factory);
  program.emplaceService<StreamServerEndpointService>(world.reactor, "tcp://192.0.2.1:0", factory);
  CHECK_THROWS_AS(program.startService(), CannotListenError);
  CHECK_FALSE(first.port().listening());
  world.settle();
}

TEST_CASE("StreamServerEndpointService: one that is still being bound is cancelled by the stop") {
  World world("poll");
  std::optional<Source<ListeningPort>> later;
  registerEndpointScheme("later", {[&](Reactor&, const EndpointUrl&, std::shared_ptr<Factory>) {
                                     return later.emplace().deferred();
                                   },
                                   {}});
  StreamServerEndpointService service(world.reactor, "later:x", recorderFactory(world.record()));
  service.startService();
  CHECK(service.running());
  testing::successResultOf(service.stopService());
  CHECK(later->called());
}

TEST_CASE("StreamServerEndpointService: a failure that comes later is logged") {
  log::testing::Captured captured;
  World world("poll");
  std::optional<Source<ListeningPort>> later;
  registerEndpointScheme("later", {[&](Reactor&, const EndpointUrl&, std::shared_ptr<Factory>) {
                                     return later.emplace().deferred();
                                   },
                                   {}});
  StreamServerEndpointService service(world.reactor, "later:x", recorderFactory(world.record()));
  service.startService();
  later->errback(CannotListenError("cannot listen: no permission"));
  CHECK(captured.contains(log::Level::error, "no permission"));
  service.startService();
  later->callback(ListeningPort());
  testing::successResultOf(service.stopService());
}

TEST_CASE("StreamServerEndpointService: destroying it closes the port") {
  World world("poll");
  std::uint16_t port = 0;
  {
    StreamServerEndpointService service(world.reactor, kLoopback, recorderFactory(world.record()));
    service.startService();
    port = service.port().port();
  }
  CHECK_FALSE(Client(port).ok());
}

}  // namespace ropewalk
