// memory: endpoints: what a program sees of them is what it sees of sockets.
#include "ropewalk/core/testing/memory_endpoints.h"

#include "ropewalk/core/net/drain.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "ropewalk/core/testing/memory_reactor.h"
#include "tests/core/net/world.h"

namespace ropewalk {

using testing::failureResultOf;
using testing::successResultOf;

namespace {

/// A server on memory:x and a client of it.
struct Ends {
  explicit Ends(World& world) : world(world) {}

  bool connect(const std::string& endpoint = "memory:x") {
    port = successResultOf(listen(world.reactor, "memory:x", recorderFactory(server, onServer)));
    auto connecting = ropewalk::connect(world.reactor, endpoint, recorderFactory(client, onClient));
    CHECK_FALSE(client.made());  // never inside of connect
    if (!world.until([&] { return connecting.ready(); })) return false;
    const Handle<Protocol> connected = successResultOf(connecting);
    return connected.get() == client.protocol && server.made();
  }

  World& world;
  std::function<void(Recorder&)> onServer = [](Recorder&) {};
  std::function<void(Recorder&)> onClient = [](Recorder&) {};
  Record& server = world.record();
  Record& client = world.record();
  ListeningPort port;
};

using Events = std::vector<std::string>;

struct PushProducer : Producer {
  void pauseProducing() override { events.emplace_back("pause"); }
  void resumeProducing() override { events.emplace_back("resume"); }
  void stopProducing() override { events.emplace_back("stop"); }
  Events events;
};

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 >> 4);
  return text;
}

}  // namespace

TEST_CASE("who connects to a name in memory speaks with who listens there") {
  EVERY_POLLER;
  Ends ends(world);
  REQUIRE(ends.connect());
  ends.client.protocol->transport().write("hello");
  ends.server.protocol->transport().write("welcome");
  REQUIRE(world.until(
      [&] { return ends.server.received == "hello" && ends.client.received == "welcome"; }));
  ends.client.protocol->transport().loseConnection();
  REQUIRE(world.until([&] { return ends.server.over && ends.client.over; }));
  CHECK(ends.server.events == Events{"made", "data", "read lost", "lost"});
  CHECK(ends.server.lostKind == "ConnectionDone");
  CHECK(ends.client.events == Events{"made", "data", "lost"});
}

TEST_CASE("a connection in memory knows its reactor, its addresses and who asked") {
  EVERY_POLLER;
  Ends ends(world);
  REQUIRE(ends.connect());
  const Transport& client = ends.client.protocol->transport();
  const Transport& server = ends.server.protocol->transport();
  CHECK(&client.reactor() == &world.reactor);
  CHECK(client.getPeer() == Address::UNIX("memory:x"));
  CHECK(server.getHost() == ends.port.getHost());
  CHECK(server.getPeer().isLoopback());
  CHECK(server.accepted());
  CHECK_FALSE(client.accepted());
  CHECK(world.reactor.connections() == 2);
  ends.client.protocol->transport().abortConnection();
  REQUIRE(world.until([&] { return ends.server.over && ends.client.over; }));
  CHECK(ends.client.lostKind == "ConnectionAborted");
  CHECK(ends.server.lostKind == "ConnectionLost");
  world.settle();
  CHECK(world.reactor.connections() == 0);
}

TEST_CASE("where nobody listens in memory, or no longer, connecting is refused") {
  EVERY_POLLER;
  auto early = connect(world.reactor, "memory:x", recorderFactory(world.record()));
  REQUIRE(world.until([&] { return early.ready(); }));
  CHECK(failureResultOf<ConnectionRefusedError>(early).getErrorMessage() ==
        "cannot connect to memory:x: connection refused: nobody listens there on this reactor");
  Ends ends(world);
  REQUIRE(ends.connect());
  auto stopped = ends.port.stopListening();
  CHECK_FALSE(stopped.ready());
  auto late = connect(world.reactor, "memory:x", recorderFactory(world.record()));
  REQUIRE(world.until([&] { return late.ready() && stopped.ready(); }));
  failureResultOf<ConnectionRefusedError>(late);
  successResultOf(stopped);
  CHECK_FALSE(ends.port.listening());
  ends.client.protocol->transport().write("still there");  // accepted connections live on
  CHECK(world.until([&] { return ends.server.received == "still there"; }));
}

TEST_CASE("a name in memory has one listener, and is free again when that has stopped") {
  EVERY_POLLER;
  auto first = successResultOf(
      listen(world.reactor, "memory:x", factoryFor<Recorder>(std::ref(world.record()))));
  auto second = listen(world.reactor, "memory:x", recorderFactory(world.record()));
  failureResultOf<CannotListenError>(second);
  successResultOf(listen(world.reactor, "memory:y", recorderFactory(world.record())));
  first.stopListening();
  successResultOf(listen(world.reactor, "memory:x", recorderFactory(world.record())));
}

TEST_CASE("names in memory are those of one reactor") {
  Record record;
  Reactor one;
  Reactor other;
  successResultOf(listen(one, "memory:x", recorderFactory(record)));
  auto refused = connect(other, "memory:x", recorderFactory(record));
  other.iterate();
  failureResultOf<ConnectionRefusedError>(refused);
}

TEST_CASE("bad memory endpoints are refused") {
  EVERY_POLLER;
  for (const char* bad : {"memory://x", "memory:x?wires=1", "memory:x?wire=0"}) {
    CAPTURE(bad);
    auto failed = connect(world.reactor, bad, recorderFactory(world.record()));
    failureResultOf<BadEndpointError>(failed);
  }
  auto failed = listen(world.reactor, "memory:x?wire=100", recorderFactory(world.record()));
  failureResultOf<BadEndpointError>(failed);
}

TEST_CASE("a narrow wire in memory holds up the writer while the reader is paused") {
  EVERY_POLLER;
  Ends ends(world);
  REQUIRE(ends.connect("memory:x?wire=1000"));
  Transport& client = ends.client.protocol->transport();
  ends.server.protocol->transport().pauseProducing();
  PushProducer producer;
  client.registerProducer(producer, Streaming::push);
  const std::string much = pattern(100'000);
  client.write(much);
  auto drained = client.drained();
  world.settle();
  CHECK(producer.events == Events{"pause"});
  CHECK(client.pending() == much.size() - 1000);
  CHECK_FALSE(drained.ready());
  ends.server.protocol->transport().resumeProducing();
  REQUIRE(world.until([&] { return ends.server.received.size() == much.size(); }));
  world.settle();
  CHECK(ends.server.received == much);
  successResultOf(drained);
  CHECK(producer.events == Events{"pause", "resume"});
  client.unregisterProducer();
}

TEST_CASE("half a connection in memory may be closed, the other half goes on") {
  EVERY_POLLER;
  Ends ends(world);
  ends.onServer = [](Recorder& each) { each.onReadLost = [] {}; };
  REQUIRE(ends.connect());
  ends.client.protocol->transport().write("question");
  ends.client.protocol->transport().loseWriteConnection();
  REQUIRE(world.until([&] { return ends.server.events.back() == "read lost"; }));
  CHECK(ends.client.events.back() == "write lost");
  ends.server.protocol->transport().write("answer");
  REQUIRE(world.until([&] { return ends.client.received == "answer"; }));
  ends.server.protocol->transport().loseConnection();
  REQUIRE(world.until([&] { return ends.server.over && ends.client.over; }));
  CHECK(ends.client.lostKind == "ConnectionDone");
}

TEST_CASE("an attempt in memory that is cancelled connects nobody") {
  EVERY_POLLER;
  Record& server = world.record();
  Record& client = world.record();
  successResultOf(listen(world.reactor, "memory:x", recorderFactory(server)));
  auto connecting = connect(world.reactor, "memory:x", recorderFactory(client));
  connecting.cancel();
  failureResultOf<ConnectingCancelledError>(connecting);
  world.settle();
  CHECK_FALSE(server.made());
  CHECK_FALSE(client.made());
}

TEST_CASE("a server in memory that refuses a peer closes its connection") {
  EVERY_POLLER;
  const auto refusing =
      factoryOf([](const Address&) -> std::unique_ptr<Protocol> { return nullptr; });
  Record& client = world.record();
  successResultOf(listen(world.reactor, "memory:x", refusing));
  auto connecting = connect(world.reactor, "memory:x", recorderFactory(client));
  REQUIRE(world.until([&] { return client.over; }));
  CHECK(client.lostKind == "ConnectionDone");
  auto none = connect(world.reactor, "memory:x", refusing);
  failureResultOf<NoProtocol>(none);
}

TEST_CASE("an exception ends its connection in memory, and nothing else") {
  EVERY_POLLER;
  const log::testing::Captured captured;
  Ends ends(world);
  ends.onServer = [](Recorder& each) {
    each.onData = [](std::string_view) { throw std::runtime_error("no"); };
  };
  REQUIRE(ends.connect());
  ends.client.protocol->transport().write("x");
  REQUIRE(world.until([&] { return ends.server.over && ends.client.over; }));
  CHECK(captured.count(log::Level::error) == 1);
}

TEST_CASE("drain waits for connections in memory that came by a port") {
  struct Polite : Recorder {
    using Recorder::Recorder;
    void drainBegun() override { transport().loseConnection(); }
  };
  EVERY_POLLER;
  Record& server = world.record();
  Record& client = world.record();
  auto port =
      successResultOf(listen(world.reactor, "memory:x", factoryFor<Polite>(std::ref(server))));
  auto connecting = connect(world.reactor, "memory:x", recorderFactory(client));
  REQUIRE(world.until([&] { return client.made(); }));
  auto drained = drain(world.reactor, 10s);
  CHECK_FALSE(port.listening());
  REQUIRE(world.until([&] { return drained.ready(); }));
  CHECK(server.over);
}

TEST_CASE("a reactor that stops loses its connections in memory, and ends attempts") {
  EVERY_POLLER;
  Ends ends(world);
  REQUIRE(ends.connect());
  std::optional<Deferred<Handle<Protocol>>> late;
  world.reactor.callSoon([&] {
    late.emplace(connect(world.reactor, "memory:x", recorderFactory(world.record())));
    world.reactor.stop();
  });
  world.reactor.run();
  CHECK(ends.server.lostKind == "ConnectionLost");
  CHECK(ends.client.lostKind == "ConnectionLost");
  CHECK_FALSE(ends.port.listening());
  REQUIRE(late->ready());
  (void)std::move(*late).takeResult();
}

TEST_CASE("a whole server and its client need no kernel at all") {
  Record server;
  Record client;
  testing::MemoryReactor world;
  successResultOf(listen(world.reactor(), "memory:x", recorderFactory(server)));
  auto connecting =
      connect(world.reactor(), "memory:x", recorderFactory(client, [](Recorder& each) {
                each.onMade = [&each] { each.transport().write("hello"); };
              }));
  for (int turn = 0; turn < 10; ++turn) world.reactor().iterate();
  CHECK(server.received == "hello");
}

}  // namespace ropewalk
