// throttle: rates hold exactly, over all connections, in both directions.
#include "ropewalk/core/service/policies/throttle.h"

#include <unistd.h>

#include <cstdio>

#include "ropewalk/core/base/log_capture.h"
#include "tests/core/service/policy_kit.h"

using namespace ropewalk;
using testing::Connection;
using testing::Peers;

namespace {

/// Two connections that share 1000 bytes a second.
struct Throttled {
  explicit Throttled(ThrottleOptions options) : factory(make(options)) {}

  std::shared_ptr<Factory> make(ThrottleOptions options) {
    options.clock = &clock;
    return throttle(peers.factory(), options);
  }
  Transport& above(std::size_t which = 0) { return peers.all[which]->transport(); }
  std::size_t sent() { return first.transport.take().size(); }

  testing::Clock clock;
  Peers peers;
  std::shared_ptr<Factory> factory;
  Connection first{*factory};
  Connection second{*factory};
};

struct Writing : Throttled {
  Writing() : Throttled({.writeBytesPerSecond = 1000}) {}
};

struct Reading : Throttled {
  Reading() : Throttled({.readBytesPerSecond = 1000}) {}
};

std::string bytes(std::size_t count) { return std::string(count, 'w'); }

}  // namespace

TEST_CASE("throttle: reading goes on until the bytes of the moment are used up, then all pause") {
  Reading net;
  net.first.receive(999);
  CHECK(net.first.transport.producing());
  net.second.receive(1);
  CHECK(net.first.transport.paused());
  CHECK(net.second.transport.paused());
  net.clock.advance(100ms - 1ns);
  CHECK(net.first.transport.paused());
  net.clock.advance(1ns);
  CHECK(net.first.transport.producing());
  CHECK(net.second.transport.producing());
  CHECK(net.peers.all[0]->data.size() + net.peers.all[1]->data.size() == 1000);
}

TEST_CASE("throttle: a read that is larger than the rate is paid for by a longer pause") {
  Reading net;
  net.first.receive(5000);
  net.clock.advance(4100ms - 1ns);
  CHECK(net.first.transport.paused());
  net.clock.advance(1ns);
  CHECK(net.first.transport.producing());
}

TEST_CASE("throttle: the protocol's own pause outlasts the throttle's, and the other way round") {
  Reading net;
  net.above().pauseProducing();
  net.first.receive(1000);
  net.clock.advance(1s);
  CHECK(net.first.transport.paused());
  CHECK(net.second.transport.producing());
  net.second.receive(1000);
  net.above().resumeProducing();
  CHECK(net.first.transport.paused());
  net.clock.advance(1s);
  CHECK(net.first.transport.producing());
}

TEST_CASE("throttle: who comes while reading is paused is paused too, also after all others went") {
  Reading net;
  net.first.receive(3000);
  Connection third(*net.factory);
  CHECK(third.transport.paused());
  net.first.transport.lose();
  net.second.transport.lose();
  third.transport.lose();
  CHECK(net.clock.getDelayedCalls() == 0);
  Connection fourth(*net.factory);
  CHECK(fourth.transport.paused());
  net.clock.advance(2100ms);
  CHECK(fourth.transport.producing());
}

TEST_CASE("throttle: what may be written goes at once, the rest at the rate") {
  Writing net;
  net.above().write(bytes(1000));
  CHECK(net.sent() == 1000);
  net.above().write(bytes(250));
  CHECK(net.sent() == 0);
  CHECK(net.above().pending() == 250);
  net.clock.advance(100ms);
  CHECK(net.sent() == 100);
  net.clock.advance(100ms);
  CHECK(net.sent() == 100);
  net.clock.advance(100ms);
  CHECK(net.sent() == 50);
  CHECK(net.above().pending() == 0);
}

TEST_CASE("throttle: one write that is partly too early is split, and stays in order") {
  Writing net;
  net.above().write(bytes(999));
  net.above().write(std::string("abc"));
  net.above().write("def");
  CHECK(net.first.transport.take().substr(999) == "a");
  net.clock.advance(100ms);
  CHECK(net.first.transport.take() == "bcdef");
}

TEST_CASE("throttle: the rate holds over any time, with nothing lost") {
  Writing net;
  net.above().write(bytes(10'000));
  std::size_t sent = net.sent();
  CHECK(sent == 1000);
  for (int tenths = 1; tenths <= 90; ++tenths) {
    net.clock.advance(100ms);
    sent += net.sent();
    CHECK(sent == 1000 + static_cast<std::size_t>(tenths) * 100);
  }
  CHECK(net.above().pending() == 0);
}

TEST_CASE("throttle: writers take turns, and a newcomer does not overtake") {
  Throttled net({.writeBytesPerSecond = 1'000'000, .burst = 32ms});
  net.above(0).write(bytes(200'000));
  net.above(1).write(bytes(200'000));
  net.first.transport.clear();
  net.clock.advance(32ms);
  CHECK(net.first.transport.value().size() == 16'384);
  CHECK(net.second.transport.value().size() == 32'000 - 16'384);
}

TEST_CASE("throttle: parts of files are throttled too") {
  Writing net;
  std::FILE* const file = std::tmpfile();
  std::fputs(bytes(1500).c_str(), file);
  std::fflush(file);
  net.above().writeFile(std::make_shared<UniqueFd>(::dup(::fileno(file))), 100, 1400);
  std::fclose(file);
  net.above().write("end");
  CHECK(net.sent() == 1000);
  net.clock.pump({100ms, 100ms, 100ms});
  CHECK(net.sent() == 300);
  net.clock.pump({100ms, 100ms});
  CHECK(net.first.transport.take() == bytes(100) + "end");
}

TEST_CASE("throttle: the queue holds up a producer until all has gone") {
  testing::PushLog producer;
  Writing net;
  net.above().registerProducer(producer, Streaming::push);
  net.above().write(bytes(1000 + 65'536));
  CHECK(producer.log.empty());
  net.above().write("x");
  CHECK(producer.log == "p");
  net.clock.advance(65s);
  for (int i = 0; i < 657; ++i) net.clock.advance(100ms);
  CHECK(net.above().pending() == 0);
  CHECK(producer.log == "pr");
}

TEST_CASE("throttle: a pull producer is asked again when all has gone, at the rate") {
  struct Pull final : Producer {
    explicit Pull(Transport& transport) : transport(transport) {}
    void resumeProducing() override {
      ++resumes;
      transport.write(bytes(1000));
    }
    void stopProducing() override { ++stops; }
    Transport& transport;
    int resumes = 0;
    int stops = 0;
  };
  Writing net;
  Pull producer(net.above());
  net.above().registerProducer(producer, Streaming::pull);
  CHECK(producer.resumes == 1);
  for (int i = 0; i < 50; ++i) net.clock.advance(100ms);
  CHECK(producer.resumes == 7);
  CHECK(net.above().pending() <= 1000);
  net.first.transport.lose();
  CHECK(producer.stops == 1);
}

TEST_CASE("throttle: drained() and writeDrained come when all has gone") {
  Writing net;
  net.above().write(bytes(1100));
  Deferred<void> drained = net.above().drained();
  testing::assertNoResult(drained);
  CHECK(net.peers.all[0]->drained == 0);
  net.clock.advance(100ms);
  net.clock.advance(0s);
  testing::successResultOf(drained);
  CHECK(net.peers.all[0]->drained == 1);
}

TEST_CASE("throttle: drained() fails when the connection is lost first") {
  Writing net;
  net.above().write(bytes(1100));
  Deferred<void> drained = net.above().drained();
  net.first.transport.lose(ConnectionLost("cable"));
  CHECK(testing::failureResultOf(drained).getErrorMessage() == "cable");
}

TEST_CASE("throttle: bytes that the peer does not take wait here, and cost the others nothing") {
  Throttled net({.writeBytesPerSecond = 1'000'000});
  net.first.transport.stall();
  net.above(0).write(bytes(70'000));
  net.above(0).write(bytes(500'000));
  net.clock.advance(1s);
  CHECK(net.first.transport.pending() == 70'000);
  net.above(1).write(bytes(900'000));
  CHECK(net.second.transport.value().size() == 900'000);
  net.first.transport.drain();
  net.clock.advance(100ms);
  CHECK(net.first.transport.pending() > 0);
}

TEST_CASE("throttle: a protocol that answers what it reads is not read while its answers wait") {
  Writing net;
  net.above().write(bytes(1000 + 256 * 1024));
  CHECK(net.first.transport.producing());
  net.above().write("x");
  CHECK(net.first.transport.paused());
  for (int i = 0; i < 1967; ++i) net.clock.advance(100ms);
  CHECK(net.above().pending() <= 65'536);
  CHECK(net.first.transport.producing());
}

TEST_CASE("throttle: a queue that nobody heeds is bounded: more aborts the connection") {
  log::testing::Captured captured;
  Throttled net({.writeBytesPerSecond = 1000, .maxQueuedBytes = 5000});
  net.above().write(bytes(6000));
  CHECK_FALSE(net.first.transport.aborted());
  net.above().write("x");
  CHECK(net.first.transport.aborted());
  net.above().write(bytes(9000));
  CHECK(net.above().pending() == 0);
  CHECK(captured.count(log::Level::warn) == 1);
}

TEST_CASE("throttle: loseConnection sends what waits, then closes; reading stops at once") {
  Writing net;
  net.above().write(bytes(1200));
  net.above().loseConnection();
  CHECK(net.above().disconnecting());
  CHECK(net.first.transport.paused());
  CHECK_FALSE(net.first.transport.disconnecting());
  net.clock.pump({100ms, 100ms});
  CHECK(net.sent() == 1200);
  CHECK(net.first.transport.disconnecting());
}

TEST_CASE("throttle: S-05: loseConnection waits for a producer to finish") {
  testing::PushLog producer;
  Writing net;
  net.above().registerProducer(producer, Streaming::push);
  net.above().loseConnection();
  CHECK_FALSE(net.first.transport.disconnecting());
  net.above().unregisterProducer();
  CHECK(net.first.transport.disconnecting());
}

TEST_CASE("throttle: loseWriteConnection sends what waits, then ends this half; no more is taken") {
  Writing net;
  net.above().write(bytes(1100));
  net.above().loseWriteConnection();
  net.above().write("too late");
  CHECK_FALSE(net.first.transport.writeConnectionClosed());
  net.clock.advance(100ms);
  CHECK(net.first.transport.writeConnectionClosed());
  CHECK(net.sent() == 1100);
}

TEST_CASE("throttle: abortConnection throws away what waits") {
  Writing net;
  net.above().write(bytes(5000));
  net.above().abortConnection();
  CHECK(net.first.transport.aborted());
  CHECK(net.above().pending() == 0);
  net.clock.advance(10s);
  CHECK(net.sent() == 1000);
}

TEST_CASE("throttle: a connection that is lost while it waits leaves the others their turn") {
  Writing net;
  net.above(0).write(bytes(2000));
  net.above(1).write(bytes(100));
  net.first.transport.lose();
  net.clock.advance(100ms);
  CHECK(net.second.transport.value().size() == 100);
  net.second.transport.lose();
  CHECK(net.clock.getDelayedCalls() == 0);
}

TEST_CASE("throttle: a producer that throws when it is resumed ends its connection") {
  struct Throwing final : Producer {
    void resumeProducing() override { throw std::runtime_error("no disk"); }
    void stopProducing() override {}
  };
  log::testing::Captured captured;
  Throwing producer;
  Writing net;
  net.above().registerProducer(producer, Streaming::push);
  net.above().write(bytes(1000 + 65'537));
  for (int i = 0; i < 657; ++i) net.clock.advance(100ms);
  CHECK(net.first.transport.aborted());
  CHECK(captured.contains(log::Level::error, "no disk"));
}
