// limitOutput: who pushes more than the peer takes is cut off, with a reason of that name.
#include "ropewalk/core/service/policies/limit_output.h"

#include "ropewalk/core/net/reactor.h"
#include "tests/core/service/policy_kit.h"

using namespace ropewalk;
using testing::Connection;
using testing::Peers;

namespace {

struct Pushed {
  Peers peers;
  std::shared_ptr<Factory> factory = limitOutput(peers.factory(), {.bytes = 1000});
  Connection connection{*factory};
  testing::StringTransport& transport = connection.transport;
  Transport& push = peers.last().transport();
};

}  // namespace

TEST_CASE("limitOutput: up to the limit may wait; one byte more ends the connection") {
  Pushed pushed;
  pushed.transport.stall();
  pushed.push.write(std::string(600, 'x'));
  pushed.push.write(std::string_view("y"));
  pushed.push.write(std::string(399, 'x'));
  CHECK_FALSE(pushed.transport.aborted());
  pushed.push.write("z");
  CHECK(pushed.transport.aborted());
}

TEST_CASE("limitOutput: the protocol hears OutputLimitExceeded, which is a ConnectionClosed") {
  Pushed pushed;
  pushed.transport.stall();
  pushed.push.write(std::string(1001, 'x'));
  pushed.transport.lose(ConnectionAborted("connection was aborted by this side"));
  const auto& reason = pushed.peers.last().closedReason;
  REQUIRE(reason.has_value());
  CHECK(reason->check<OutputLimitExceeded>() != nullptr);
  CHECK(reason->check<ConnectionClosed>() != nullptr);
  CHECK(
      reason->getErrorMessage() ==
      "connection to 192.0.2.1:4000 was aborted: 1001 bytes wait for the peer, more than the limit "
      "of 1000");
}

TEST_CASE("limitOutput: who takes what is pushed may get any amount") {
  Pushed pushed;
  for (int i = 0; i < 100; ++i) pushed.push.write(std::string(900, 'x'));
  CHECK_FALSE(pushed.transport.aborted());
  pushed.transport.stall();
  for (int i = 0; i < 100; ++i) {
    pushed.push.write(std::string(900, 'x'));
    pushed.transport.drain();
  }
  CHECK_FALSE(pushed.transport.aborted());
  pushed.transport.lose();
  CHECK(pushed.peers.last().closedReason->check<ConnectionDone>() != nullptr);
}

TEST_CASE("limitOutput: sequences count as a whole") {
  Pushed pushed;
  pushed.transport.stall();
  const std::string half(501, 'x');
  const std::array<std::string_view, 2> both{half, half};
  pushed.push.writeSequence(both);
  CHECK(pushed.transport.aborted());
}
