// Producers on every stream: the rules P-01 to P-05, S-05.
#include "tests/contract/stream/link.h"

using namespace ropewalk;

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
  Push first;
  Push second;
  EVERY_WIRE;
  REQUIRE(link.connect());
  link.nearTransport().registerProducer(first, Streaming::push);
  CHECK_THROWS_AS(link.nearTransport().registerProducer(second, Streaming::push), std::logic_error);
  link.nearTransport().unregisterProducer();
  link.nearTransport().abortConnection();
  link.nearTransport().registerProducer(second, Streaming::push);
  CHECK(second.log == "s");
  CHECK(first.log.empty());
}

TEST_CASE("P-02: a push producer is paused past 64 KiB, and resumed when all has gone") {
  Push producer;
  EVERY_WIRE;
  REQUIRE(link.connect());
  link.settle();
  link.farTransport().pauseProducing();
  link.nearTransport().registerProducer(producer, Streaming::push);
  link.nearTransport().write(std::string(60'000, 'x'));
  CHECK(producer.log.empty());
  link.nearTransport().write(std::string(10'000, 'x'));
  CHECK(producer.log == "p");
  link.nearTransport().write(std::string(16 << 20, 'x'));
  link.settle();
  CHECK(producer.log.find('r') == std::string::npos);  // the peer does not read
  link.farTransport().resumeProducing();
  REQUIRE(link.until([&] { return producer.log.back() == 'r'; }));
  CHECK(std::count(producer.log.begin(), producer.log.end(), 'r') == 1);
  link.nearTransport().unregisterProducer();
  CHECK(link.until([&] { return link.far.received.size() == (16 << 20) + 70'000; }));
}

TEST_CASE("P-03: a pull producer is asked again and again until it is done") {
  EVERY_WIRE;
  REQUIRE(link.connect());
  Pull producer(link.nearTransport(), 500'000);
  link.nearTransport().registerProducer(producer, Streaming::pull);
  REQUIRE(link.until([&] { return link.far.received.size() >= 500'000; }));
  CHECK(link.far.received == std::string(500'000, 'p'));
  CHECK(producer.resumes == 50);
  CHECK(producer.stops == 0);
}

TEST_CASE("P-03: a peer that never reads keeps the memory of a pull producer bounded") {
  EVERY_WIRE;
  REQUIRE(link.connect());
  link.farTransport().pauseProducing();
  Pull producer(link.nearTransport(), 1 << 30);
  link.nearTransport().registerProducer(producer, Streaming::pull);
  for (int i = 0; i < 300; ++i) link.settle();
  // One piece in each layer, and its records.
  CHECK(link.nearTransport().pending() <= 11'000 * (1 + link.wire.layers.size()));
  CHECK(producer.left > (1 << 29));
  link.nearTransport().abortConnection();
  REQUIRE(link.until([&] { return link.near.over; }));
  CHECK(producer.stops == 1);
}

TEST_CASE("P-04: when the connection is lost the producer is stopped once, and forgotten") {
  Push producer;
  EVERY_WIRE;
  REQUIRE(link.connect());
  link.nearTransport().registerProducer(producer, Streaming::push);
  link.nearTransport().abortConnection();
  REQUIRE(link.until([&] { return link.near.over; }));
  link.settle();
  CHECK(producer.log == "s");
}

TEST_CASE("S-05, P-05: loseConnection waits for a pull producer to finish") {
  EVERY_WIRE;
  REQUIRE(link.connect());
  Pull producer(link.nearTransport(), 500'000);
  link.nearTransport().registerProducer(producer, Streaming::pull);
  link.nearTransport().loseConnection();
  REQUIRE(link.bothOver());
  CHECK(link.far.received.size() == 500'000);
  CHECK(link.near.lostKind == "ConnectionDone");
  CHECK(link.far.lostKind == "ConnectionDone");
}

TEST_CASE("S-05: a push producer that is not paused holds the close too") {
  Push producer;
  EVERY_WIRE;
  REQUIRE(link.connect());
  link.nearTransport().registerProducer(producer, Streaming::push);
  link.nearTransport().loseConnection();
  link.settle();
  REQUIRE_FALSE(link.near.over);
  link.nearTransport().write("the rest");
  link.nearTransport().unregisterProducer();
  REQUIRE(link.bothOver());
  CHECK(link.far.received == "the rest");
  CHECK(link.near.lostKind == "ConnectionDone");
}
