// A storm of handshakes does not starve those who are connected.

#include "tests/ssl/tls/tls_world.h"

using namespace ropewalk;

namespace {

/// The first flight of a client, made once.
std::string clientHello() {
  struct Sink : Protocol {
    void dataReceived(std::string_view data) override { bytes += data; }
    std::string bytes;
  } sink;
  Record record;
  auto protocol =
      ssl::wrapClient(clientContext(), {"localhost"}, recorderFactory(record))->buildProtocol({});
  auto pump = testing::connectInMemory(sink, *protocol);
  pump.pump();
  return sink.bytes;
}

}  // namespace

TEST_CASE("one turn takes so many steps of handshakes, the others wait for the next turns") {
  EVERY_POLLER;
  constexpr int kStorm = 60;
  constexpr int kPerTurn = 16;  // 8 as they arrive, 8 of the queue
  const std::string hello = clientHello();
  TlsPair pair(world);
  pair.listen();
  std::vector<Client> storm;
  for (int i = 0; i < kStorm; ++i) storm.emplace_back(pair.port->port());
  REQUIRE(world.until([&] { return pair.server.events.size() == kStorm; }));  // all accepted
  for (const Client& each : storm) each.send(hello);

  int answered = 0;
  int turns = 0;
  std::vector<bool> done(kStorm);
  while (answered < kStorm && turns < 1'000) {
    world.reactor.iterate();
    ++turns;
    int now = 0;
    for (int i = 0; i < kStorm; ++i) {
      if (!done[i] && !storm[i].take().empty()) {
        done[i] = true;
        ++now;
      }
    }
    CHECK(now <= kPerTurn);
    answered += now;
  }
  CHECK(answered == kStorm);
  CHECK(turns >= kStorm / kPerTurn);
}

TEST_CASE("those who leave the queue by losing their connection do no harm") {
  EVERY_POLLER;
  const std::string hello = clientHello();
  TlsPair pair(world);
  pair.listen();
  {
    std::vector<Client> storm;
    for (int i = 0; i < 40; ++i) storm.emplace_back(pair.port->port());
    REQUIRE(world.until([&] { return pair.server.events.size() == 40; }));
    for (Client& each : storm) each.send(hello);
    world.reactor.iterate();
    for (Client& each : storm) each.reset();
  }
  REQUIRE(world.until([&] { return world.reactor.connections() == 0; }));
  REQUIRE(pair.connect());
  CHECK_FALSE(pair.why);
}
