// Producers and consumers on every poller: the rules P-01 to P-05, S-05.
#include "tests/core/net/world.h"

namespace ropewalk {

namespace {

/// Writes a piece whenever it is asked to, `total` bytes in all.
struct Pull final : Producer {
  Pull(Transport& transport, std::size_t total) : transport(transport), left(total) {}
  void resumeProducing() override {
    ++resumes;
    const std::size_t piece = std::min<std::size_t>(left, 10'000);
    left -= piece;
    transport.write(std::string(piece, 'p'));
    if (left == 0) transport.unregisterProducer();
  }
  void stopProducing() override { ++stops; }

  Transport& transport;
  std::size_t left;
  int resumes = 0;
  int stops = 0;
};

struct Push final : Producer {
  void resumeProducing() override { log += 'r'; }
  void pauseProducing() override { log += 'p'; }
  void stopProducing() override { log += 's'; }
  std::string log;
};

}  // namespace

TEST_CASE("P-01: one producer at a time; on a lost connection it is stopped and not registered") {
  EVERY_POLLER;
  Push first;
  Push second;
  Pair pair(world);
  pair.transport().registerProducer(first, Streaming::push);
  CHECK_THROWS_AS(pair.transport().registerProducer(second, Streaming::push), std::logic_error);
  pair.transport().abortConnection();
  pair.transport().unregisterProducer();
  pair.transport().registerProducer(second, Streaming::push);
  CHECK(second.log == "s");
}

TEST_CASE("P-02: a push producer is paused past 64 KiB and resumed when all has gone") {
  EVERY_POLLER;
  Push producer;
  Pair pair(world);
  pair.transport().registerProducer(producer, Streaming::push);
  pair.transport().write(std::string(65'536, 'x'));
  CHECK(producer.log.empty());
  pair.transport().write("x");
  CHECK(producer.log == "p");
  pair.transport().write(std::string(32 << 20, 'x'));
  world.settle();
  CHECK(producer.log == "p");  // the peer does not read
  pair.peerReads((32 << 20) + 65'537);
  CHECK(world.until([&] { return producer.log == "pr"; }));
  pair.transport().unregisterProducer();
}

TEST_CASE("P-03: a pull producer is asked at once, and again each time the buffer is empty") {
  EVERY_POLLER;
  Pair pair(world);
  Pull producer(pair.transport(), 1'000'000);
  pair.transport().registerProducer(producer, Streaming::pull);
  CHECK(producer.resumes == 1);
  CHECK(pair.peerReads(1'000'000).size() == 1'000'000);
  CHECK(producer.resumes == 100);
}

TEST_CASE("P-03: a peer that never reads keeps the memory of a pull producer bounded") {
  EVERY_POLLER;
  Pair pair(world);
  Pull producer(pair.transport(), 1 << 30);
  pair.transport().registerProducer(producer, Streaming::pull);
  for (int i = 0; i < 2000; ++i) world.reactor.iterate();
  CHECK(pair.transport().pending() <= 10'000);
  CHECK(producer.left > (1 << 29));
  pair.transport().abortConnection();
  REQUIRE(world.until([&] { return pair.record.over; }));
  CHECK(producer.stops == 1);
}

TEST_CASE("P-04: when the connection is lost the producer is stopped once, and forgotten") {
  EVERY_POLLER;
  Push producer;
  Pair pair(world);
  Transport& transport = pair.transport();
  transport.registerProducer(producer, Streaming::push);
  pair.peer.reset();
  REQUIRE(world.until([&] { return pair.record.over; }));
  CHECK(producer.log == "s");
}

TEST_CASE("S-05, P-05: loseConnection waits for the producer to finish") {
  EVERY_POLLER;
  Pair pair(world);
  Pull producer(pair.transport(), 500'000);
  pair.transport().registerProducer(producer, Streaming::pull);
  pair.transport().loseConnection();
  CHECK(pair.peerReads(500'000).size() == 500'000);
  REQUIRE(world.until([&] { return pair.record.over; }));
  CHECK(pair.record.lostKind == "ConnectionDone");
}

TEST_CASE("S-05: a push producer that is not paused holds the close too") {
  EVERY_POLLER;
  Push producer;
  Pair pair(world);
  pair.transport().registerProducer(producer, Streaming::push);
  pair.transport().loseConnection();
  world.settle();
  CHECK_FALSE(pair.record.over);
  pair.transport().write("the rest");
  pair.transport().unregisterProducer();
  CHECK(pair.peerReads(8) == "the rest");
  CHECK(world.until([&] { return pair.record.over; }));
}

}  // namespace ropewalk
