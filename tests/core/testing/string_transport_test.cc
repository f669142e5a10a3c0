// StringTransport: it behaves like the real transports, as far as a protocol can tell.
#include "ropewalk/core/testing/string_transport.h"

#include <unistd.h>

#include <cstdio>
#include <vector>

#include "ropewalk/core/testing/accumulating_protocol.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "tests/catch.h"

using namespace ropewalk;
using testing::AccumulatingProtocol;
using testing::StringTransport;

namespace {

struct RecordingProducer : Producer {
  void resumeProducing() override {
    calls.emplace_back("resume");
    if (transport != nullptr) transport->write("piece ");
  }
  void pauseProducing() override { calls.emplace_back("pause"); }
  void stopProducing() override { calls.emplace_back("stop"); }

  std::vector<std::string> calls;
  Transport* transport = nullptr;
};

using Calls = std::vector<std::string>;

}  // namespace

TEST_CASE("S-02: value holds what was written, in order") {
  StringTransport transport;
  transport.write("one ");
  transport.write(std::string("two "));
  const std::vector<std::string_view> pieces{"three ", "four"};
  transport.writeSequence(pieces);
  transport.write("");
  CHECK(transport.value() == "one two three four");
  CHECK(transport.take() == "one two three four");
  CHECK(transport.value().empty());
}

TEST_CASE("S-04: writes after loseConnection are kept, writes after the loss are not") {
  StringTransport transport;
  AccumulatingProtocol protocol;
  transport.connect(protocol);
  transport.loseConnection();
  CHECK(transport.disconnecting());
  CHECK(transport.connected());
  CHECK(protocol.lost == 0);
  transport.write("last words");
  transport.lose();
  transport.write("beyond");
  CHECK(transport.value() == "last words");
}

TEST_CASE("S-01: lose ends the protocol once, with its reason") {
  StringTransport transport;
  AccumulatingProtocol protocol;
  transport.connect(protocol);
  transport.lose(ConnectionLost("the cable"));
  transport.lose();
  CHECK(protocol.events == Calls{"made", "lost ConnectionLost"});
  CHECK_FALSE(transport.connected());
  CHECK_FALSE(protocol.transport().connected());
}

TEST_CASE("lose needs to know the protocol") {
  StringTransport transport;
  AccumulatingProtocol protocol;
  protocol.makeConnection(transport);
  CHECK_THROWS_AS(transport.lose(), std::logic_error);
  transport.lose(protocol);
  CHECK(protocol.lost == 1);
}

TEST_CASE("a protocol that is still connected when the transport goes is lost") {
  AccumulatingProtocol protocol;
  {
    StringTransport transport;
    transport.connect(protocol);
  }
  CHECK(protocol.lost == 1);
}

TEST_CASE("the state of reading is recorded") {
  StringTransport transport;
  CHECK(transport.producing());
  transport.pauseProducing();
  CHECK(transport.paused());
  transport.resumeProducing();
  CHECK(transport.producing());
  transport.loseConnection();
  CHECK(transport.stopped());
}

TEST_CASE("S-10: resuming a closing connection does nothing, or throws where that is asked for") {
  StringTransport lenient;
  lenient.loseConnection();
  lenient.resumeProducing();
  CHECK(lenient.stopped());
  StringTransport strict(StringTransport::Strictness::strict);
  strict.loseConnection();
  CHECK_THROWS_AS(strict.resumeProducing(), std::logic_error);
  CHECK_THROWS_AS(strict.pauseProducing(), std::logic_error);
}

TEST_CASE("S-06: abort is recorded, drops what is pending, and refuses writes") {
  StringTransport transport;
  transport.stall();
  transport.write("pending");
  transport.abortConnection();
  transport.write("more");
  CHECK(transport.aborted());
  CHECK(transport.disconnecting());
  CHECK(transport.pending() == 7);  // what the kernel never got
  CHECK(transport.value() == "pending");
}

TEST_CASE("S-08: writes after loseWriteConnection are ignored") {
  StringTransport transport;
  transport.write("a");
  transport.loseWriteConnection();
  transport.write("b");
  CHECK(transport.writeConnectionClosed());
  CHECK(transport.value() == "a");
}

TEST_CASE("P-01: a second producer is a programming error; a lost connection stops it") {
  StringTransport transport;
  AccumulatingProtocol protocol;
  transport.connect(protocol);
  RecordingProducer first, second;
  transport.registerProducer(first, Streaming::push);
  CHECK_THROWS_AS(transport.registerProducer(second, Streaming::push), std::logic_error);
  CHECK(transport.producer() == &first);
  transport.unregisterProducer();
  transport.lose();
  transport.registerProducer(second, Streaming::push);
  CHECK(second.calls == Calls{"stop"});
  CHECK(transport.producer() == nullptr);
}

TEST_CASE("P-02: a push producer is paused above 64 KiB, and resumed when nothing is pending") {
  StringTransport transport;
  transport.stall();
  RecordingProducer producer;
  transport.registerProducer(producer, Streaming::push);
  transport.write(std::string(64 * 1024, 'x'));
  CHECK(producer.calls.empty());
  transport.write("x");
  transport.write("x");
  CHECK(producer.calls == Calls{"pause"});
  transport.drain();
  transport.drain();
  CHECK(producer.calls == Calls{"pause", "resume"});
}

TEST_CASE("P-03: a pull producer is asked when it registers, and each time all was taken") {
  StringTransport transport;
  RecordingProducer producer;
  producer.transport = &transport;
  transport.registerProducer(producer, Streaming::pull);
  transport.drain();
  CHECK(transport.value() == "piece piece ");
  CHECK(producer.calls == Calls{"resume", "resume"});
}

TEST_CASE("P-04: a loss stops the producer once, before connectionLost") {
  StringTransport transport;
  AccumulatingProtocol protocol;
  transport.connect(protocol);
  RecordingProducer producer;
  transport.registerProducer(producer, Streaming::push);
  transport.lose();
  transport.unregisterProducer();
  CHECK(producer.calls == Calls{"stop"});
}

TEST_CASE("drained fires when nothing is pending, and fails with the loss") {
  StringTransport transport;
  AccumulatingProtocol protocol;
  transport.connect(protocol);
  testing::successResultOf(transport.drained());
  transport.stall();
  transport.write("x");
  auto drained = transport.drained();
  testing::assertNoResult(drained);
  transport.drain();
  testing::successResultOf(drained);
  CHECK(protocol.drained == 1);
  transport.write("y");
  auto never = transport.drained();
  transport.lose(ConnectionLost("reset"));
  testing::failureResultOf<ConnectionLost>(never);
  testing::failureResultOf<ConnectionLost>(transport.drained());
}

TEST_CASE("writeFile reads the file; one that is too short aborts") {
  std::FILE* const file = std::tmpfile();
  REQUIRE(std::fputs("0123456789", file) >= 0);
  REQUIRE(std::fflush(file) == 0);
  const auto shared = std::make_shared<UniqueFd>(::dup(::fileno(file)));
  REQUIRE(std::fclose(file) == 0);
  StringTransport transport;
  transport.writeFile(shared, 2, 3);
  CHECK(transport.value() == "234");
  CHECK_FALSE(transport.aborted());
  transport.writeFile(shared, 8, 3);
  CHECK(transport.aborted());
}

TEST_CASE("addresses are made up until they are set; a reactor there is only when it is set") {
  StringTransport transport;
  CHECK(toText(transport.getPeer()) == "192.168.1.1:54321");
  CHECK(toText(transport.getHost()) == "10.0.0.1:1234");
  transport.setPeer(Address::IPv6("::1", 7));
  CHECK(transport.getPeer().host == "::1");
  CHECK_THROWS_AS(transport.reactor(), std::logic_error);
}

namespace {

struct GivesWay final : Protocol {
  void dataReceived(std::string_view data) override {
    transport().replaceProtocol(std::make_unique<testing::AccumulatingProtocol>(),
                                std::string(data.substr(1)));
  }
  void connectionLost(const Failure& reason) override { lostKind = reason.kind(); }
  std::string lostKind;
};

}  // namespace

TEST_CASE("StringTransport: who takes over is made when the test says that the callback is over") {
  testing::StringTransport transport;
  GivesWay protocol;
  transport.connect(protocol);
  CHECK(transport.settle() == nullptr);
  protocol.dataReceived("!rest");
  CHECK(protocol.lostKind == "ProtocolReplaced");
  CHECK_FALSE(transport.opened().ready());
  auto* const next = dynamic_cast<testing::AccumulatingProtocol*>(transport.settle());
  REQUIRE(next != nullptr);
  CHECK(next->data == "rest");
  CHECK(&next->transport() == &transport);
  transport.lose();
  CHECK(next->closedReason.has_value());
}

TEST_CASE("StringTransport: a protocol that it was not told of cannot be replaced") {
  testing::StringTransport transport;
  testing::AccumulatingProtocol protocol;
  protocol.makeConnection(transport);
  CHECK_THROWS_WITH(
      transport.replaceProtocol(std::make_unique<testing::AccumulatingProtocol>(), ""),
      Catch::Contains("use connect(protocol)"));
  transport.lose(protocol);
}
