// Consumer: all that a producer has to know of who takes its bytes.
#include "ropewalk/core/net/consumer.h"

#include <string>

#include "ropewalk/core/testing/accumulating_protocol.h"
#include "ropewalk/core/testing/string_transport.h"
#include "tests/catch.h"

using namespace ropewalk;

namespace {

/// Counts what it is told. Knows no transport.
struct Counting final : Producer {
  explicit Counting(Consumer& consumer) { consumer.registerProducer(*this, Streaming::push); }
  void resumeProducing() override { ++resumed; }
  void pauseProducing() override { ++paused; }
  void stopProducing() override { ++stopped; }

  int resumed = 0;
  int paused = 0;
  int stopped = 0;
};

}  // namespace

TEST_CASE("a producer keeps pace with a transport of which it sees the Consumer alone") {
  testing::StringTransport transport;
  testing::AccumulatingProtocol protocol;
  transport.connect(protocol);
  Consumer& consumer = transport;
  Counting producer(consumer);
  transport.stall();

  transport.write(std::string(64 * 1024 + 1, 'x'));
  CHECK(consumer.pending() == 64 * 1024 + 1);
  CHECK(producer.paused == 1);

  bool left = false;
  auto drained = consumer.drained();
  drained.addCallback([&] { left = true; });
  transport.drain();
  CHECK(left);
  CHECK(consumer.pending() == 0);
  CHECK(producer.resumed == 1);

  consumer.unregisterProducer();
  transport.lose();
  CHECK(producer.stopped == 0);
}

TEST_CASE("what registers with a lost connection is stopped at once") {
  Counting producer(Transport::null());
  CHECK(producer.stopped == 1);
  CHECK(Transport::null().pending() == 0);
}
