// Streams on every poller: the rules S-01 to S-12.
#include <fcntl.h>
#include <unistd.h>

#include "tests/core/net/world.h"

namespace ropewalk {

using Events = std::vector<std::string>;

TEST_CASE("S-01: made once, data, lost once and last") {
  EVERY_POLLER;
  Pair pair(world);
  pair.peer.send("hello");
  REQUIRE(world.until([&] { return pair.record.received == "hello"; }));
  pair.peer.close();
  REQUIRE(world.until([&] { return pair.record.over; }));
  world.settle();
  CHECK(pair.record.events == Events{"made", "data", "read lost", "lost"});
  CHECK(pair.record.lostKind == "ConnectionDone");
  CHECK(world.reactor.connections() == 0);
}

TEST_CASE("S-02: writes keep their order, and leave together at the end of the turn") {
  EVERY_POLLER;
  Pair pair(world, [](Recorder& protocol) {
    protocol.onData = [&protocol](std::string_view) {
      Transport& transport = protocol.transport();
      transport.write("a");
      transport.write("");
      transport.write(std::string(3000, 'b'));
      const std::string_view pieces[] = {"c", "d"};
      transport.writeSequence(pieces);
      CHECK(transport.pending() == 3003);  // nothing has gone yet
    };
  });
  pair.peer.send("x");
  CHECK(pair.peerReads(3003) == "a" + std::string(3000, 'b') + "cd");
}

TEST_CASE("S-02: large writes arrive whole, however slowly the peer reads") {
  EVERY_POLLER;
  Pair pair(world);
  std::string large(8 << 20, '\0');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 31 >> 4);
  pair.transport().write(std::string_view(large).substr(0, 5000));
  pair.transport().write(large.substr(5000));
  const bool same = pair.peerReads(large.size()) == large;
  CHECK(same);
  CHECK(pair.transport().pending() == 0);
}

TEST_CASE("S-02: shared bytes are kept until they are sent, and not copied") {
  EVERY_POLLER;
  Pair pair(world);
  auto shared = std::make_shared<const std::string>(3 << 20, 's');
  auto small = std::make_shared<const std::string>("small");
  pair.transport().write("before");
  for (int i = 0; i < 3; ++i) pair.transport().write(shared);
  pair.transport().write(small);
  pair.transport().write(std::make_shared<const std::string>());
  CHECK(shared.use_count() == 4);
  CHECK(small.use_count() == 1);  // too little to be worth it
  CHECK(pair.transport().pending() == 3 * shared->size() + 11);
  const std::string got = pair.peerReads(3 * shared->size() + 11);
  CHECK((got == "before" + *shared + *shared + *shared + "small"));
  CHECK(shared.use_count() == 1);
  pair.transport().write(shared);
  pair.transport().abortConnection();
  REQUIRE(world.until([&] { return pair.record.over; }));
  CHECK(shared.use_count() == 1);
}

TEST_CASE("S-03: an exception ends this connection alone, with that failure") {
  EVERY_POLLER;
  log::testing::Captured captured;
  Pair pair(world, [](Recorder& protocol) {
    protocol.onData = [](std::string_view) { throw std::runtime_error("no such luck"); };
  });
  Pair other(world);
  pair.peer.send("x");
  REQUIRE(world.until([&] { return pair.record.over; }));
  CHECK(pair.record.lostKind == "std::runtime_error");
  other.peer.send("y");
  CHECK(world.until([&] { return other.record.received == "y"; }));
  CHECK(captured.contains(log::Level::error, "no such luck"));
}

TEST_CASE("S-04: loseConnection sends what is pending, and delivers nothing more") {
  EVERY_POLLER;
  Pair pair(world, [](Recorder& protocol) {
    protocol.onData = [&protocol](std::string_view) {
      protocol.transport().write("bye");
      protocol.transport().loseConnection();
      protocol.transport().loseConnection();
      protocol.transport().write(" bye");
    };
  });
  pair.peer.send("x");
  CHECK(pair.peerReads(100) == "bye bye");
  pair.peer.send("more");
  REQUIRE(world.until([&] { return pair.record.over; }));
  CHECK(pair.record.received == "x");
  CHECK(pair.record.lostKind == "ConnectionDone");
}

TEST_CASE("S-04: the peer reads the last words although it had sent more than was read") {
  EVERY_POLLER;
  Pair pair(world, [](Recorder& protocol) {
    protocol.onData = [&protocol](std::string_view) {
      protocol.transport().write("enough");
      protocol.transport().loseConnection();
    };
  });
  pair.peer.send(std::string(400'000, 'x'));
  CHECK(pair.peerReads(6) == "enough");
}

TEST_CASE("S-06: abortConnection resets, and reports in a later turn") {
  EVERY_POLLER;
  Pair pair(world, [](Recorder& protocol) {
    protocol.onData = [&protocol](std::string_view) {
      protocol.transport().write("never sent");
      protocol.transport().abortConnection();
      protocol.transport().abortConnection();
      CHECK_FALSE(protocol.record.over);
    };
  });
  pair.peer.send("x");
  REQUIRE(world.until([&] { return pair.record.over; }));
  CHECK(pair.record.lostKind == "ConnectionAborted");
  CHECK(pair.peerReads(1).empty());
  CHECK(pair.peer.error() == ECONNRESET);
}

TEST_CASE("S-06: abortConnection wins over a loseConnection that still sends") {
  EVERY_POLLER;
  Pair pair(world);
  pair.transport().write(std::string(64 << 20, 'x'));
  pair.transport().loseConnection();
  world.settle();
  REQUIRE_FALSE(pair.record.over);
  pair.transport().abortConnection();
  REQUIRE(world.until([&] { return pair.record.over; }));
  CHECK(pair.record.lostKind == "ConnectionAborted");
}

TEST_CASE(
    "S-07: what the peer sent before it closed is delivered, and the answer still reaches it") {
  EVERY_POLLER;
  Pair pair(world, [](Recorder& protocol) {
    protocol.onData = [&protocol](std::string_view data) { protocol.transport().write(data); };
  });
  const std::string much(300'000, 'z');
  pair.peer.send(much);
  pair.peer.finish();
  const bool echoed = pair.peerReads(much.size() + 1) == much;
  CHECK(echoed);
  REQUIRE(world.until([&] { return pair.record.over; }));
  CHECK(pair.record.lostKind == "ConnectionDone");
}

TEST_CASE("S-07: a protocol that knows half-closed streams goes on writing") {
  EVERY_POLLER;
  Pair pair(world, [](Recorder& protocol) { protocol.onReadLost = [] {}; });
  pair.peer.finish();
  REQUIRE(world.until([&] { return pair.record.events.back() == "read lost"; }));
  pair.transport().write("still here");
  CHECK(pair.peerReads(10) == "still here");
  CHECK_FALSE(pair.record.over);
  pair.transport().loseConnection();
  CHECK(world.until([&] { return pair.record.over; }));
}

TEST_CASE("S-08: loseWriteConnection tells the peer the end, and reading goes on") {
  EVERY_POLLER;
  Pair pair(world);
  pair.transport().write("last");
  pair.transport().loseWriteConnection();
  pair.transport().write("ignored");
  CHECK(pair.peerReads(100) == "last");
  CHECK(pair.peer.ended());
  REQUIRE(world.until([&] { return pair.record.events.back() == "write lost"; }));
  pair.peer.send("reply");
  REQUIRE(world.until([&] { return pair.record.received == "reply"; }));
  pair.peer.close();
  REQUIRE(world.until([&] { return pair.record.over; }));
  CHECK(pair.record.lostKind == "ConnectionDone");
}

TEST_CASE("S-08: an exception in readConnectionLost ends the connection") {
  EVERY_POLLER;
  log::testing::Captured captured;
  Pair pair(world, [](Recorder& protocol) {
    protocol.onReadLost = [] { throw std::logic_error("oops"); };
  });
  pair.peer.finish();
  REQUIRE(world.until([&] { return pair.record.over; }));
  CHECK(pair.record.lostKind == "std::logic_error");
}

TEST_CASE("S-09: a reset by the peer is ConnectionLost, and says why") {
  EVERY_POLLER;
  Pair pair(world);
  pair.peer.reset();
  REQUIRE(world.until([&] { return pair.record.over; }));
  CHECK(pair.record.lostKind == "ConnectionLost");
}

TEST_CASE("S-09: writing to a peer that has gone ends in ConnectionLost, not in a signal") {
  EVERY_POLLER;
  Pair pair(world, [](Recorder& protocol) { protocol.onReadLost = [] {}; });
  pair.peer.close();
  REQUIRE(world.until([&] {
    if (pair.record.protocol != nullptr) pair.transport().write("is anybody there?");
    return pair.record.over;
  }));
  CHECK(pair.record.lostKind == "ConnectionLost");
}

TEST_CASE("S-10: nothing is delivered while paused, everything afterwards") {
  EVERY_POLLER;
  Pair pair(world, [](Recorder& protocol) {
    protocol.onData = [&protocol](std::string_view) { protocol.transport().pauseProducing(); };
  });
  pair.peer.send("one");
  REQUIRE(world.until([&] { return pair.record.received == "one"; }));
  pair.peer.send("two");
  pair.peer.finish();
  world.settle();
  REQUIRE(pair.record.received == "one");
  pair.transport().resumeProducing();
  REQUIRE(world.until([&] { return pair.record.received == "onetwo"; }));
  world.settle();
  CHECK_FALSE(pair.record.over);  // the end of the stream waits for the next resume
  pair.transport().resumeProducing();
  CHECK(world.until([&] { return pair.record.over; }));
}

TEST_CASE("S-11: a factory that gives null refuses, and the port goes on") {
  EVERY_POLLER;
  Record& record = world.record();
  int asked = 0;
  auto factory = factoryOf([&](const Address&) -> std::unique_ptr<Protocol> {
    if (++asked == 1) return nullptr;
    if (asked == 2) throw std::runtime_error("not this one");
    return std::make_unique<Recorder>(record);
  });
  log::testing::Captured captured;
  auto port = world.reactor.listenTCP(0, factory, {.interface = "127.0.0.1"});
  Client first(port.port());
  Client second(port.port());
  Client third(port.port());
  REQUIRE(world.until([&] { return record.made(); }));
  first.take();
  CHECK(first.ended());
  CHECK(captured.contains(log::Level::error, "not this one"));
}

TEST_CASE("S-12: stopListening fires later, and leaves the connections alone") {
  EVERY_POLLER;
  Pair pair(world);
  const std::uint16_t number = pair.port.port();
  bool stopped = false;
  Deferred<void> stopping = pair.port.stopListening();
  stopping.addCallback([&] { stopped = true; });
  CHECK_FALSE(stopped);
  CHECK_FALSE(pair.port.listening());
  REQUIRE(world.until([&] { return stopped; }));
  CHECK_FALSE(Client(number).ok());
  pair.peer.send("alive");
  CHECK(world.until([&] { return pair.record.received == "alive"; }));
}

TEST_CASE("writeFile sends a part of a file between other writes") {
  EVERY_POLLER;
  Pair pair(world);
  char path[] = "/tmp/ropewalk_test_XXXXXX";
  const int fd = ::mkstemp(path);
  ::unlink(path);
  const std::string content(3 << 20, 'f');
  REQUIRE(::write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
  const auto file = std::make_shared<const UniqueFd>(fd);
  pair.transport().write("<");
  pair.transport().writeFile(file, 10, 2 << 20);
  pair.transport().write(">");
  const std::string got = pair.peerReads((2 << 20) + 2);
  CHECK(got.size() == (2 << 20) + 2);
  CHECK(got.front() == '<');
  CHECK(got.back() == '>');
}

TEST_CASE("a file that is shorter than promised ends the connection") {
  EVERY_POLLER;
  Pair pair(world);
  char path[] = "/tmp/ropewalk_test_XXXXXX";
  const auto file = std::make_shared<const UniqueFd>(::mkstemp(path));
  ::unlink(path);
  pair.transport().writeFile(file, 0, 100);
  REQUIRE(world.until([&] { return pair.record.over; }));
  CHECK(pair.record.lostKind == "ConnectionLost");
}

TEST_CASE(
    "drained fires when the kernel has everything, and fails when the connection is lost first") {
  EVERY_POLLER;
  Pair pair(world);
  int fired = 0;
  pair.transport().write(std::string(32 << 20, 'x'));
  Deferred<void> first = pair.transport().drained();
  first.addCallback([&] { ++fired; });
  world.settle();
  REQUIRE(fired == 0);
  pair.peerReads(32 << 20);
  REQUIRE(world.until([&] { return fired == 1; }));
  pair.transport().write(std::string(32 << 20, 'x'));
  std::string kind;
  Deferred<void> second = pair.transport().drained();
  second.addErrback([&](const Failure& why) { kind = why.kind(); });
  pair.transport().abortConnection();
  REQUIRE(world.until([&] { return pair.record.over; }));
  CHECK(kind == "ConnectionAborted");
}

TEST_CASE("after the loss the transport is a null object, and a handle gives null") {
  EVERY_POLLER;
  Pair pair(world);
  const Handle<Protocol> handle = handleOf(*pair.record.protocol);
  REQUIRE(handle.get() == pair.record.protocol);
  pair.peer.close();
  REQUIRE(world.until([&] { return pair.record.over; }));
  CHECK(handle.get() == nullptr);
  Transport::null().write("swallowed");
  CHECK_FALSE(Transport::null().connected());
}

TEST_CASE("peer and host are what the sockets say") {
  EVERY_POLLER;
  Pair pair(world);
  CHECK(pair.transport().getPeer().host == "127.0.0.1");
  CHECK(pair.transport().getHost() == pair.port.getHost());
}

TEST_CASE("a peer that has been reset is noticed while reading is paused") {
  World world("epoll");  // the level-triggered pollers are told nothing about what nobody reads
  Pair pair(world);
  pair.transport().pauseProducing();
  pair.peer.reset();
  CHECK(world.until([&] { return pair.record.over; }));
  CHECK(pair.record.lostKind == "ConnectionLost");
}

TEST_CASE("ten thousand connections opened and dropped leave nothing behind") {
  EVERY_POLLER;
  Record& record = world.record();
  auto port = world.reactor.listenTCP(0, recorderFactory(record), {.interface = "127.0.0.1"});
  for (int round = 0; round < 100; ++round) {
    for (int i = 0; i < 100; ++i) Client(port.port()).reset();
    world.settle();
  }
  CHECK(world.until([&] { return world.reactor.connections() == 0; }));
  Client last(port.port());
  last.send("still serving");
  CHECK(world.until([&] { return record.received == "still serving"; }));
}

}  // namespace ropewalk
