// ClientService over real sockets.
#include "ropewalk/core/service/client_service.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "tests/core/net/world.h"

namespace ropewalk {

TEST_CASE("ClientService: a server that comes back is found again, on every poller") {
  EVERY_POLLER;
  log::testing::Captured captured;
  Record& server = world.record();
  Record& client = world.record();
  ListeningPort port =
      world.reactor.listenTCP(0, recorderFactory(server), {.interface = "127.0.0.1"});
  ClientService service(world.reactor, toText(port.getHost()), recorderFactory(client),
                        [](int) { return Duration(1ms); });
  service.startService();
  REQUIRE(world.until([&] { return server.made() && client.made(); }));
  server.protocol->transport().abortConnection();
  REQUIRE(world.until([&] { return client.over && client.protocol != nullptr; }));
  CHECK(std::count(client.events.begin(), client.events.end(), "made") == 2);
  Deferred<void> stopped = service.stopService();
  REQUIRE(world.until([&] { return stopped.ready(); }));
  CHECK(client.protocol == nullptr);
  CHECK(client.lostKind == "ConnectionDone");
  testing::successResultOf(stopped);
}

TEST_CASE("ClientService: nobody listens: attempts go on until the stop, on every poller") {
  EVERY_POLLER;
  log::testing::Captured captured;
  ListeningPort port =
      world.reactor.listenTCP(0, recorderFactory(world.record()), {.interface = "127.0.0.1"});
  const std::string nowhere = toText(port.getHost());
  port.stopListening();
  ClientService service(world.reactor, nowhere, recorderFactory(world.record()),
                        [](int) { return Duration(1ms); });
  service.startService();
  auto connected = service.whenConnected(3);
  REQUIRE(world.until([&] { return connected.ready(); }));
  CHECK(testing::failureResultOf(connected).check<ConnectionRefusedError>());
  CHECK(service.failures() >= 3);
  testing::successResultOf(service.stopService());
}

}  // namespace ropewalk
