// ProtocolWrapper, TransportWrapper, WrappingFactory: nothing is lost on the way.
#include "ropewalk/core/service/policies/protocol_wrapper.h"

#include <unistd.h>

#include <cstdio>

#include "ropewalk/core/service/policies/policies.h"
#include "tests/core/service/policy_kit.h"

using namespace ropewalk;
using testing::Connection;
using testing::Peer;
using testing::Peers;

namespace {

template <class Wrapper>
struct Plain final : WrappingFactory {
  using WrappingFactory::WrappingFactory;
  std::unique_ptr<Protocol> wrap(std::unique_ptr<Protocol> protocol, const Address&) override {
    return std::make_unique<Wrapper>(std::move(protocol));
  }
};

/// Every way to put something around a factory.
std::shared_ptr<Factory> wrapped(const std::string& how, std::shared_ptr<Factory> inner,
                                 testing::Clock& clock) {
  if (how == "ProtocolWrapper") return std::make_shared<Plain<ProtocolWrapper>>(std::move(inner));
  if (how == "TransportWrapper") return std::make_shared<Plain<TransportWrapper>>(std::move(inner));
  if (how == "limitConnections") return limitConnections(std::move(inner), {.total = 3});
  if (how == "withTimeout") return withTimeout(std::move(inner), 60s, {.clock = &clock});
  if (how == "logTraffic") return logTraffic(std::move(inner), [](std::string_view) {});
  const std::size_t rate = 1 << 20;
  return throttle(std::move(inner),
                  {.readBytesPerSecond = rate, .writeBytesPerSecond = rate, .clock = &clock});
}

const std::vector<std::string> kWays{"ProtocolWrapper", "TransportWrapper", "limitConnections",
                                     "withTimeout",     "logTraffic",       "throttle"};

#define EVERY_WAY                                            \
  const auto way = GENERATE_COPY(from_range(kWays));         \
  CAPTURE(way);                                              \
  testing::Clock clock;                                      \
  Peers peers;                                               \
  const auto factory = wrapped(way, peers.factory(), clock); \
  Connection connection(*factory)

}  // namespace

TEST_CASE("wrappers: every event reaches the inner protocol, in order") {
  EVERY_WAY;
  Protocol& outer = *connection.protocol;
  outer.handshakeCompleted();
  outer.dataReceived("x");
  outer.writeDrained();
  outer.writeConnectionLost();
  outer.readConnectionLost();
  CHECK(peers.last().drained == 1);
  const auto reason = ConnectionLost("cable");
  connection.transport.lose(reason);
  CHECK(peers.last().events == std::vector<std::string>{"made", "handshake", "data x", "write lost",
                                                        "read lost", "lost ConnectionLost"});
}

TEST_CASE("wrappers: what is written arrives, by every way of writing") {
  EVERY_WAY;
  Transport& transport = peers.last().transport();
  std::FILE* const file = std::tmpfile();
  std::fputs("0123456789", file);
  std::fflush(file);
  transport.write("view ");
  transport.write(std::string("string "));
  const std::vector<std::string_view> pieces{"a", "b "};
  transport.writeSequence(pieces);
  transport.writeFile(std::make_shared<UniqueFd>(::dup(::fileno(file))), 2, 3);
  std::fclose(file);
  CHECK(connection.transport.value() == "view string ab 234");
}

TEST_CASE("wrappers: questions and orders reach the real transport") {
  EVERY_WAY;
  Transport& transport = peers.last().transport();
  CHECK(transport.getPeer() == connection.transport.getPeer());
  CHECK(transport.getHost() == connection.transport.getHost());
  CHECK(transport.connected());
  CHECK_FALSE(transport.disconnecting());
  transport.pauseProducing();
  CHECK(connection.transport.paused());
  transport.resumeProducing();
  CHECK(connection.transport.producing());
  testing::successResultOf(transport.drained());
  transport.loseWriteConnection();
  CHECK(connection.transport.writeConnectionClosed());
  transport.loseConnection();
  CHECK(connection.transport.disconnecting());
  CHECK(transport.disconnecting());
  transport.abortConnection();
  CHECK(connection.transport.aborted());
}

TEST_CASE("wrappers: a Handle of the inner protocol is good until its connection is lost") {
  EVERY_WAY;
  const Handle<Peer> handle = handleOf(peers.last());
  CHECK(handle.get() == &peers.last());
  connection.transport.lose();
  CHECK_FALSE(handle);
  Transport& after = peers.last().transport();
  CHECK_FALSE(after.connected());
  after.write("into nothing");
  CHECK(connection.transport.value().empty());
}

TEST_CASE(
    "wrappers: a producer is paused above 64 KiB, resumed when all has gone, stopped at the end") {
  EVERY_WAY;
  testing::PushLog producer;
  connection.transport.stall();
  Transport& transport = peers.last().transport();
  transport.registerProducer(producer, Streaming::push);
  CHECK_THROWS_AS(transport.registerProducer(producer, Streaming::push), std::logic_error);
  transport.write(std::string(65'536, 'x'));
  CHECK(producer.log.empty());
  transport.write("x");
  CHECK(producer.log == "p");
  CHECK(transport.pending() == 65'537);
  connection.transport.drain();
  clock.advance(0s);
  CHECK(producer.log == "pr");
  connection.transport.lose();
  CHECK(producer.log == "prs");
}

TEST_CASE("WrappingFactory: the inner factory starts and stops with it, and may refuse") {
  struct Inner final : Factory {
    std::unique_ptr<Protocol> buildProtocol(const Address&) override { return nullptr; }
    void startFactory() override { log += "start "; }
    void stopFactory() override { log += "stop "; }
    std::string log;
  };
  const auto way = GENERATE_COPY(from_range(kWays));
  testing::Clock clock;
  const auto inner = std::make_shared<Inner>();
  const auto factory = wrapped(way, inner, clock);
  factory->doStart();
  factory->doStart();
  CHECK(factory->buildProtocol(Address{}) == nullptr);
  factory->doStop();
  CHECK(inner->log == "start ");
  factory->doStop();
  CHECK(inner->log == "start stop ");
}
