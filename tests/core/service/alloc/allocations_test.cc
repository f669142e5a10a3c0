// What policies cost, counted: no allocation for an event or a write.

#include "ropewalk/core/service/policies/policies.h"
#include "ropewalk/core/testing/clock.h"
#include "ropewalk/core/testing/string_transport.h"
#include "tests/catch.h"
#include "tests/counted_new.h"

using namespace ropewalk;

namespace {

struct Echo final : Protocol {
  void dataReceived(std::string_view data) override { transport().write(data); }
};

}  // namespace

TEST_CASE("policies: limitConnections, withTimeout and throttle allocate nothing for an event") {
  testing::Clock clock;
  const auto factory = withTimeout(
      throttle(limitConnections(factoryFor<Echo>(), {.total = 9, .perPeer = 9}),
               {.readBytesPerSecond = 1 << 30, .writeBytesPerSecond = 1 << 30, .clock = &clock}),
      60s, {.clock = &clock});
  testing::StringTransport transport;
  const auto protocol = factory->buildProtocol(Address::IPv4("192.0.2.1", 1));
  transport.connect(*protocol);
  protocol->dataReceived("warm");
  transport.clear();  // keeps what it has reserved
  const std::size_t before = allocations;
  for (int i = 0; i < 100; ++i) {
    protocol->dataReceived("echo");
    protocol->writeDrained();
    transport.clear();
  }
  CHECK(allocations == before);
}
