// serveStreams: one coroutine per connection.
#include "ropewalk/protocols/basic/serve_streams.h"

#include <string>
#include <vector>

#include "ropewalk/core/base/log_capture.h"
#include "ropewalk/core/testing/memory_reactor.h"
#include "ropewalk/core/testing/string_transport.h"
#include "tests/catch.h"

using namespace ropewalk;

namespace {

struct Connection {
  explicit Connection(UniqueFunction<Deferred<void>(const StreamHandle&)> serve)
      : factory(serveStreams(std::move(serve))), protocol(factory->buildProtocol(Address())) {
    transport.connect(*protocol);
  }
  testing::StringTransport transport;
  std::shared_ptr<Factory> factory;
  std::unique_ptr<Protocol> protocol;
};

Deferred<void> shout(StreamHandle stream) {
  while (true) {
    std::string line = co_await stream->readLine();
    if (line == "quit") co_return;
    line += "!\r\n";
    co_await stream->write(std::move(line));
  }
}

Deferred<void> fails(StreamHandle stream) {
  co_await stream->readLine();
  throw std::runtime_error("out of ink");
}

}  // namespace

TEST_CASE("a coroutine serves a connection, and its end loses it") {
  Connection c(shout);
  c.protocol->dataReceived("a\r\nb\r\n");
  CHECK(c.transport.value() == "a!\r\nb!\r\n");
  CHECK_FALSE(c.transport.disconnecting());
  c.protocol->dataReceived("quit\r\nmore\r\n");
  CHECK(c.transport.value() == "a!\r\nb!\r\n");
  CHECK(c.transport.disconnecting());
}

TEST_CASE("the handle may be taken by reference: it lives as long as the coroutine") {
  Connection c([](const StreamHandle& stream) -> Deferred<void> {
    std::string line = co_await stream->readLine();
    co_await stream->write(line + "?");
    line = co_await stream->readLine();
    co_await stream->write(line + "!");
  });
  c.protocol->dataReceived("a\r\n");
  c.protocol->dataReceived("b\r\n");
  CHECK(c.transport.value() == "a?b!");
}

TEST_CASE("the peer's end reaches the coroutine after all lines, and is no error") {
  log::testing::Captured captured;
  Connection c(shout);
  c.protocol->dataReceived("last\r\n");
  c.protocol->readConnectionLost();
  CHECK(c.transport.value() == "last!\r\n");
  CHECK(c.transport.disconnecting());
  c.transport.lose();
  CHECK(captured.events().empty());
}

TEST_CASE("a loss ends the coroutine") {
  bool ended = false;
  struct Guard {
    bool& flag;
    ~Guard() { flag = true; }
  };
  Connection c([&ended](StreamHandle stream) -> Deferred<void> {
    const Guard guard{ended};
    co_await stream->readLine();
  });
  CHECK_FALSE(ended);
  c.transport.lose(ConnectionLost("reset"));
  CHECK(ended);
}

TEST_CASE("what else the coroutine waits for is cancelled by the loss") {
  Source<void> never;
  bool cancelled = false;
  never.onCancel([&](Source<void>&) { cancelled = true; });
  Connection c([&never](StreamHandle) -> Deferred<void> { co_await never.deferred(); });
  c.transport.lose();
  CHECK(cancelled);
}

TEST_CASE("a failure of the coroutine is logged with the peer, and loses the connection") {
  log::testing::Captured captured;
  Connection c(fails);
  c.protocol->dataReceived("x\r\n");
  CHECK(c.transport.disconnecting());
  REQUIRE(captured.events().size() == 1);
  CHECK(captured.events()[0].message.find("192.168.1.1") != std::string::npos);
  CHECK(captured.events()[0].message.find("out of ink") != std::string::npos);
}

TEST_CASE("a capturing lambda outlives its factory while its coroutine runs") {
  const std::string greeting = "a greeting that is too long for the small string optimisation\r\n";
  Connection c([greeting](StreamHandle stream) -> Deferred<void> {
    co_await stream->readLine();
    co_await stream->write(greeting);
  });
  c.factory.reset();
  c.protocol->dataReceived("\r\n");
  CHECK(c.transport.value() == greeting);
}

TEST_CASE("a coroutine that waits for a peer who takes nothing ends after 10 s") {
  testing::MemoryReactor memory;
  bool waits = false;
  Connection c([&waits](StreamHandle stream) -> Deferred<void> {
    std::string question = co_await stream->readLine();
    waits = true;
    std::string answer(100'000, 'x');
    co_await stream->write(std::move(answer));
    waits = false;
  });
  c.transport.setReactor(memory.reactor());
  c.transport.setAccepted();
  c.transport.stall();
  c.protocol->dataReceived("what?\r\n");
  REQUIRE(waits);
  memory.advance(10s - 1ms);
  CHECK_FALSE(c.transport.aborted());
  memory.advance(1ms);
  CHECK(c.transport.aborted());
}
