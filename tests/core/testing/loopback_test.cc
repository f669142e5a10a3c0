// connectInMemory: two protocols see what they would see on a real wire, in that order.
#include "ropewalk/core/testing/loopback.h"

#include <string>
#include <vector>

#include "ropewalk/core/base/log_capture.h"
#include "ropewalk/core/testing/accumulating_protocol.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "tests/catch.h"

using namespace ropewalk;
using testing::AccumulatingProtocol;
using testing::connectInMemory;

namespace {

using Events = std::vector<std::string>;

struct Pair {
  explicit Pair(testing::LoopbackOptions options = {})
      : pump(connectInMemory(server, client, options)) {}
  AccumulatingProtocol server;
  AccumulatingProtocol client;
  testing::Pump pump;
};

struct Greeter : AccumulatingProtocol {
  void connectionMade() override {
    AccumulatingProtocol::connectionMade();
    transport().write("hello");
    transport().loseConnection();
  }
};

struct Thrower : Protocol {
  void dataReceived(std::string_view) override { throw std::runtime_error("no"); }
  void connectionLost(const Failure& reason) override { message = reason.getErrorMessage(); }
  std::string message;
};

struct Pull : Producer {
  explicit Pull(Transport& transport, int pieces) : transport(transport), pieces(pieces) {}
  void resumeProducing() override {
    if (pieces-- == 0) return transport.unregisterProducer();
    transport.write("p");
  }
  void stopProducing() override { stopped = true; }
  Transport& transport;
  int pieces;
  bool stopped = false;
};

}  // namespace

TEST_CASE("bytes travel when the pump runs, not before") {
  Pair pair;
  pair.client.transport().write("ping");
  CHECK(pair.server.data.empty());
  CHECK(pair.client.transport().pending() == 4);
  CHECK(pair.pump.pump());
  CHECK(pair.server.data == "ping");
  CHECK(pair.client.transport().pending() == 0);
  CHECK_FALSE(pair.pump.pump());
}

TEST_CASE("what was written in one turn arrives as one, unless it is split") {
  Pair pair;
  pair.client.transport().write("ab");
  pair.client.transport().write("cde");
  pair.pump.flush();
  pair.pump.split(2);
  pair.client.transport().write("12345");
  pair.pump.flush();
  CHECK(pair.server.events == Events{"made", "data abcde", "data 12", "data 34", "data 5"});
}

TEST_CASE("S-04: loseConnection sends what is pending; both see ConnectionDone, once and last") {
  Pair pair;
  pair.client.transport().write("bye");
  pair.client.transport().loseConnection();
  pair.client.transport().write("!");
  pair.server.transport().write("unread");
  CHECK(pair.client.lost == 0);
  pair.pump.flush();
  CHECK(pair.client.events == Events{"made", "lost ConnectionDone"});
  CHECK(pair.server.events == Events{"made", "data bye!", "read lost", "lost ConnectionDone"});
}

TEST_CASE("S-01: loseConnection inside connectionMade is no call back at once") {
  Greeter server;
  AccumulatingProtocol client;
  auto pump = connectInMemory(server, client);
  CHECK(server.events == Events{"made"});
  pump.flush();
  CHECK(server.events == Events{"made", "lost ConnectionDone"});
  CHECK(client.events == Events{"made", "data hello", "read lost", "lost ConnectionDone"});
}

TEST_CASE(
    "S-06: abortConnection drops what is pending; we see ConnectionAborted in a later turn, the "
    "peer ConnectionLost") {
  Pair pair;
  pair.client.transport().write("never seen");
  pair.client.transport().abortConnection();
  pair.client.transport().loseConnection();
  CHECK(pair.client.lost == 0);
  pair.pump.flush();
  CHECK(pair.client.events == Events{"made", "lost ConnectionAborted"});
  CHECK(pair.server.events == Events{"made", "lost ConnectionLost"});
}

TEST_CASE("S-08: half close: the peer reads to the end and may still answer") {
  Pair pair;
  pair.server.halfCloseable = true;
  pair.client.transport().write("question");
  pair.client.transport().loseWriteConnection();
  pair.client.transport().write("ignored");
  pair.pump.flush();
  CHECK(pair.client.events == Events{"made", "write lost"});
  CHECK(pair.server.events == Events{"made", "data question", "read lost"});
  pair.server.transport().write("answer");
  pair.server.transport().loseConnection();
  pair.pump.flush();
  CHECK(pair.client.events == Events{"made", "write lost", "data answer", "lost ConnectionDone"});
  CHECK(pair.server.events.back() == "lost ConnectionDone");
}

TEST_CASE("S-10: a paused reader gets nothing, and loses nothing; not even the end") {
  Pair pair;
  pair.server.transport().pauseProducing();
  pair.client.transport().write("waits");
  pair.client.transport().loseConnection();
  pair.pump.flush();
  CHECK(pair.server.events == Events{"made"});
  CHECK(pair.client.lost == 1);
  pair.server.transport().resumeProducing();
  pair.pump.flush();
  CHECK(pair.server.events == Events{"made", "data waits", "read lost", "lost ConnectionDone"});
}

TEST_CASE("a full wire makes writes pend, and the producer wait") {
  Pair pair({.wireCapacity = 10});
  pair.server.transport().pauseProducing();
  pair.client.transport().write("0123456789abc");
  auto drained = pair.client.transport().drained();
  pair.pump.flush();
  CHECK(pair.client.transport().pending() == 3);
  testing::assertNoResult(drained);
  pair.server.transport().resumeProducing();
  pair.pump.flush();
  testing::successResultOf(drained);
  CHECK(pair.client.drained == 1);
  CHECK(pair.server.data == "0123456789abc");
}

TEST_CASE("S-05, P-03: a pull producer finishes before loseConnection takes effect") {
  Pair pair;
  Pull producer(pair.client.transport(), 5);
  pair.client.transport().registerProducer(producer, Streaming::pull);
  pair.client.transport().loseConnection();
  pair.pump.flush();
  CHECK(pair.server.data == "ppppp");
  CHECK(pair.client.lost == 1);
  CHECK_FALSE(producer.stopped);
}

TEST_CASE("P-04: a producer is stopped by the loss") {
  Pair pair;
  Pull producer(pair.client.transport(), 1'000'000);
  pair.client.transport().registerProducer(producer, Streaming::pull);
  pair.server.transport().abortConnection();
  pair.pump.flush();
  CHECK(producer.stopped);
  CHECK(pair.client.lost == 1);
}

TEST_CASE("who writes to a peer that has closed is lost himself") {
  Pair pair;
  pair.server.halfCloseable = true;
  pair.client.transport().loseConnection();
  pair.pump.flush();
  CHECK(pair.server.events == Events{"made", "read lost"});
  pair.server.transport().write("anyone?");
  pair.pump.flush();
  CHECK(pair.server.events.back() == "lost ConnectionLost");
}

TEST_CASE("S-03: an exception of a callback is logged, and ends that connection with it") {
  log::testing::Captured captured;
  Thrower server;
  AccumulatingProtocol client;
  auto pump = connectInMemory(server, client);
  client.transport().write("x");
  pump.flush();
  CHECK(server.message == "no");
  CHECK(client.lost == 1);
  CHECK(captured.events().size() == 1);
}

TEST_CASE("flush gives up on protocols that never stop talking") {
  Pair pair;
  Pull producer(pair.client.transport(), 1'000'000);
  pair.client.transport().registerProducer(producer, Streaming::pull);
  CHECK_THROWS_AS(pair.pump.flush(), std::logic_error);
  pair.client.transport().unregisterProducer();
}

TEST_CASE("protocols that are connected when the pump goes are lost") {
  AccumulatingProtocol server, client;
  { auto pump = connectInMemory(server, client); }
  CHECK(server.events == Events{"made", "lost ConnectionAborted"});
  CHECK(client.lost == 1);
}

TEST_CASE("the ends know one another's addresses") {
  Pair pair;
  CHECK(pair.server.transport().getPeer() == pair.client.transport().getHost());
  CHECK(pair.client.transport().getPeer() == pair.server.transport().getHost());
  CHECK_THROWS_AS(pair.client.transport().reactor(), std::logic_error);
}
