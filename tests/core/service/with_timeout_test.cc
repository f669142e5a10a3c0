// withTimeout: idle connections end, busy ones do not.
#include "ropewalk/core/service/policies/with_timeout.h"

#include "ropewalk/core/service/policies/throttle.h"
#include "tests/core/service/policy_kit.h"

using namespace ropewalk;
using testing::Connection;
using testing::Peers;

namespace {

struct Idle {
  testing::Clock clock;
  Peers peers;
  std::shared_ptr<Factory> factory =
      withTimeout(peers.factory(), 60s, {.grace = 5s, .clock = &clock});
  Connection connection{*factory};
  testing::StringTransport& transport = connection.transport;
};

}  // namespace

TEST_CASE("withTimeout: nothing for the whole time: the connection is lost, just then") {
  Idle idle;
  idle.clock.advance(60s - 1ns);
  CHECK_FALSE(idle.transport.disconnecting());
  idle.clock.advance(1ns);
  CHECK(idle.transport.disconnecting());
  CHECK_FALSE(idle.transport.aborted());
}

TEST_CASE("withTimeout: what does not end within the grace is aborted") {
  Idle idle;
  idle.clock.advance(60s);
  idle.clock.advance(5s - 1ns);
  CHECK_FALSE(idle.transport.aborted());
  idle.clock.advance(1ns);
  CHECK(idle.transport.aborted());
}

TEST_CASE("withTimeout: a connection that ends within the grace leaves no timers") {
  Idle idle;
  idle.clock.advance(60s);
  idle.transport.lose();
  CHECK(idle.clock.getDelayedCalls() == 0);
  CHECK(idle.peers.last().lost == 1);
}

TEST_CASE("withTimeout: what arrives and what is written starts the time anew") {
  Idle idle;
  idle.clock.advance(59s);
  idle.connection.receive("ping");
  idle.clock.advance(59s);
  idle.peers.last().transport().write("pong");
  idle.clock.advance(60s - 1ns);
  CHECK_FALSE(idle.transport.disconnecting());
  idle.clock.advance(1ns);
  CHECK(idle.transport.disconnecting());
}

TEST_CASE("withTimeout: activity costs no timer") {
  Idle idle;
  for (int i = 0; i < 1000; ++i) idle.connection.receive("x");
  CHECK(idle.clock.getDelayedCalls() == 1);
}

TEST_CASE("withTimeout: output that the peer still takes is activity") {
  Idle idle;
  idle.transport.stall();
  Transport& transport = idle.peers.last().transport();
  transport.write("a download");
  idle.clock.advance(60s);
  CHECK_FALSE(idle.transport.disconnecting());
  idle.transport.drain();
  idle.transport.write("the rest, which the layer below has broken up");
  idle.clock.advance(60s);
  CHECK_FALSE(idle.transport.disconnecting());
}

TEST_CASE("withTimeout: a peer that stopped reading is found out within twice the time") {
  Idle idle;
  idle.transport.stall();
  idle.peers.last().transport().write("never read");
  idle.clock.advance(60s);
  idle.clock.advance(60s - 1ns);
  CHECK_FALSE(idle.transport.disconnecting());
  idle.clock.advance(1ns);
  CHECK(idle.transport.disconnecting());
}

TEST_CASE("withTimeout: a protocol that writes on while it is closed gets no second grace") {
  Idle idle;
  idle.clock.advance(60s);
  idle.clock.advance(4s);
  idle.peers.last().transport().write("one more thing");
  idle.clock.advance(1s);
  CHECK(idle.transport.aborted());
}

TEST_CASE("withTimeout: what a throttle inside holds back is neither idle nor lost") {
  testing::Clock clock;
  Peers peers;
  const auto slow = throttle(peers.factory(), {.writeBytesPerSecond = 1000, .clock = &clock});
  const auto factory = withTimeout(slow, 60ms, {.clock = &clock});
  Connection connection(*factory);
  peers.last().transport().write(std::string(1100, 'w'));
  clock.advance(60ms);
  CHECK_FALSE(connection.transport.disconnecting());
  clock.advance(40ms);
  CHECK(connection.transport.value().size() == 1100);
  clock.advance(60ms);
  CHECK(connection.transport.disconnecting());
}
