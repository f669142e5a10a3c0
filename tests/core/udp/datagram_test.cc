// Datagram ports: the order of events, what arrives, what is sent. Rules U-01, U-02.

#include "tests/core/udp/datagrams.h"

using namespace ropewalk;

namespace {

/// A port on 127.0.0.1 with a recorder, and a peer.
struct Port {
  explicit Port(World& world, ListenUDPOptions options = {},
                std::function<void(DatagramRecorder&)> prepare = {})
      : world(world) {
    if (options.interface.empty()) options.interface = "127.0.0.1";
    port = world.reactor.listenUDP(0, datagramRecorder(record, std::move(prepare)), options);
  }
  void send(std::string_view data) const { REQUIRE(peer.send(data, port.getHost())); }
  bool receives(std::size_t count) {
    return world.until([&] { return record.received.size() >= count; });
  }

  World& world;
  DatagramRecord record;
  Peer peer;
  ListeningPort port;
};

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("U-01: startProtocol comes before the first datagram, stopProtocol once, last, later") {
  EVERY_POLLER;
  Port udp(world, {}, [](DatagramRecorder& protocol) {
    protocol.onReceived = [](auto& self, auto, auto&) { self.note("data"); };
  });
  CHECK(udp.record.events == Strings{"start"});
  udp.send("a");
  REQUIRE(udp.receives(1));
  DatagramTransport* afterwards = nullptr;
  udp.record.protocol->onStop = [&](auto& self) {
    afterwards = &self.transport();  // still the real one
    CHECK(afterwards != &DatagramTransport::null());
  };
  const auto handle = handleOf(*udp.record.protocol);
  auto stopped = udp.port.stopListening();
  CHECK(udp.record.events == Strings{"start", "data"});  // not from inside stopListening
  CHECK_FALSE(stopped.ready());
  REQUIRE(world.until([&] { return stopped.ready(); }));
  CHECK(udp.record.events == Strings{"start", "data", "stop"});
  CHECK_FALSE(udp.port.listening());
  CHECK_FALSE(handle);
  CHECK(udp.port.stopListening().ready());  // again: nothing happens
  world.settle();
  CHECK(udp.record.events == Strings{"start", "data", "stop"});
}

TEST_CASE("U-01: after stopProtocol transport() is the null object") {
  World world("poll");
  struct Kept : DatagramProtocol {
    explicit Kept(std::function<void(Kept&)> dying) : dying(std::move(dying)) {}
    ~Kept() override { dying(*this); }
    std::function<void(Kept&)> dying;
  };
  bool null = false;
  auto port = world.reactor.listenUDP(0, std::make_unique<Kept>([&](Kept& self) {
                                        null = &self.transport() == &DatagramTransport::null();
                                        self.transport().write("lost", loopback(9));
                                        CHECK(self.transport().reserve(10).size() == 10);
                                      }));
  auto stopped = port.stopListening();
  REQUIRE(world.until([&] { return stopped.ready(); }));
  world.settle();
  CHECK(null);
}

TEST_CASE("U-01: a reactor that stops ends its ports: stopProtocol is called once") {
  EVERY_POLLER;
  DatagramRecord record;
  {
    Reactor other(world.reactor.name());
    other.listenUDP(0, datagramRecorder(record));
    other.callSoon([&] { other.stop(); });
    other.run();
    CHECK(record.events == Strings{"start", "stop"});
  }
  CHECK(record.events == Strings{"start", "stop"});
}

TEST_CASE("U-02: an exception in datagramReceived is logged, and the port stays") {
  EVERY_POLLER;
  Port udp(world, {}, [](DatagramRecorder& protocol) {
    protocol.onReceived = [](auto&, std::string_view data, auto&) {
      if (data == "bad") throw std::runtime_error("cannot digest this");
    };
  });
  log::testing::Captured captured;
  udp.send("bad");
  udp.send("good");
  REQUIRE(udp.receives(2));
  CHECK(udp.record.received == Strings{"bad", "good"});
  CHECK(captured.contains(log::Level::error, "cannot digest this"));
  CHECK(udp.port.listening());
}

TEST_CASE("U-02: a connected port is told that nobody listens; it stays, and works later") {
  EVERY_POLLER;
  Peer peer;
  const Address to = peer.address();
  peer.close();
  DatagramRecord record;
  world.reactor.connectUDP(to, datagramRecorder(record));
  record.transport().write("anybody?");
  REQUIRE(world.until([&] { return record.events.size() > 1; }));
  CHECK(record.events == Strings{"start", "refused"});

  Peer again("127.0.0.1", to.port);
  REQUIRE(again.ok());
  record.transport().write("and now?");
  CHECK(again.take(world, 1) == Strings{"and now?"});
  again.send("yes", record.transport().getHost());
  REQUIRE(world.until([&] { return !record.received.empty(); }));
  CHECK(record.received == Strings{"yes"});
  CHECK(record.senders.front() == to);
}

TEST_CASE("U-02: a refusal that comes out while sending is told in a later turn") {
  EVERY_POLLER;
  Peer peer;
  const Address to = peer.address();
  peer.close();
  DatagramRecord record;
  world.reactor.connectUDP(to, datagramRecorder(record));
  for (int i = 0; i < 3; ++i) record.transport().write(std::string(100, 'x') + std::to_string(i));
  REQUIRE(world.until([&] { return record.events.size() > 1; }));
  CHECK(record.events[1] == "refused");
  world.settle();
  CHECK(record.transport().counts().dropped == 0);  // each was tried
}

TEST_CASE("U-02: a connected port that has paused hears of the refusal all the same") {
  EVERY_POLLER;
  Peer peer;
  const Address to = peer.address();
  peer.close();
  DatagramRecord record;
  world.reactor.connectUDP(to, datagramRecorder(record));
  record.transport().pauseProducing();
  record.transport().write("anybody?");
  REQUIRE(world.until([&] {
    record.transport().write("anybody?");  // with select, errors come out here
    return record.events.size() > 1;
  }));
  CHECK(record.events[1] == "refused");
}

TEST_CASE("U-02: a port that is not connected ignores refusals") {
  EVERY_POLLER;
  Port udp(world);
  Peer gone;
  const Address nobody = gone.address();
  gone.close();
  udp.record.transport().write("anybody?", nobody);
  udp.record.transport().write("hello", udp.peer.address());
  CHECK(udp.peer.take(world, 1) == Strings{"hello"});
  CHECK(udp.record.events == Strings{"start"});
  CHECK(udp.record.transport().counts().sent == 2);
}

TEST_CASE("a datagram says who sent it, and an answer goes there") {
  EVERY_POLLER;
  auto port = world.reactor.listenUDP(0, std::make_unique<Echo>(), {.interface = "127.0.0.1"});
  CHECK(port.getHost().family == Address::Family::IPv4);
  CHECK(port.port() != 0);
  Peer peer;
  peer.send("one", port.getHost());
  peer.send("", port.getHost());  // an empty datagram is a datagram
  peer.send(std::string(8192, 'x'), port.getHost());
  const auto answers = peer.take(world, 3);
  REQUIRE(answers.size() == 3);
  CHECK(answers[0] == "one");
  CHECK(answers[1].empty());
  CHECK(answers[2] == std::string(8192, 'x'));
  CHECK(peer.sender() == port.getHost());
}

TEST_CASE("a datagram longer than maxPacketSize is flagged, counted, and not delivered cut") {
  EVERY_POLLER;
  std::string seen;
  Port udp(world, {.maxPacketSize = 100}, [&](DatagramRecorder& protocol) {
    protocol.onDatagram = [&](const Datagram& datagram) {
      if (datagram.truncated) seen = datagram.data;
    };
  });
  udp.send(std::string(100, 'a'));
  udp.send(std::string(101, 'b'));
  udp.send("c");
  REQUIRE(udp.receives(2));
  CHECK(udp.record.received == Strings{std::string(100, 'a'), "c"});
  CHECK(udp.record.truncated == std::vector<bool>{false, true, false});
  CHECK(seen == std::string(100, 'b'));
  CHECK(udp.record.transport().counts().truncated == 1);
  CHECK(udp.record.transport().counts().received == 3);
}

TEST_CASE("ports with different packet sizes share one loop's buffers") {
  EVERY_POLLER;
  Port small(world, {.maxPacketSize = 10});
  Port large(world, {.maxPacketSize = 65'535});
  const std::string most(65'507, 'm');  // what IPv4 carries
  for (int round = 0; round < 3; ++round) {
    small.send(std::string(10, 's'));
    large.send(most);
    REQUIRE(large.receives(static_cast<std::size_t>(round) + 1));
    REQUIRE(small.receives(static_cast<std::size_t>(round) + 1));
    CHECK(large.record.received.back() == most);
    CHECK(small.record.received.back() == std::string(10, 's'));
  }
}

TEST_CASE("a flood does not starve a timer: a turn delivers a bounded number of datagrams") {
  EVERY_POLLER;
  Port udp(world, {.receiveBuffer = 4 << 20});
  for (int i = 0; i < 400; ++i) udp.send("flood");
  std::size_t atTimer = 0;
  world.reactor.callLater(Duration::zero(), [&] { atTimer = udp.record.received.size(); });
  REQUIRE(world.until([&] { return atTimer != 0; }));
  CHECK(atTimer == 256);
  const std::size_t whole = 400 - udp.record.transport().counts().droppedByKernel;
  CHECK(udp.receives(whole));  // and the rest comes without another wake-up
}

TEST_CASE("a flood of large datagrams is bounded by its bytes") {
  World world(reactorTypes().front());
  Port udp(world, {.maxPacketSize = 8192, .receiveBuffer = 4 << 20});
  for (int i = 0; i < 40; ++i) udp.send(std::string(8192, 'x'));
  world.reactor.iterate();
  const std::size_t first = udp.record.received.size();
  CHECK(first >= 1);
  CHECK(first <= 64);
}

TEST_CASE("pauseProducing in the middle of a batch delivers nothing more until resumeProducing") {
  EVERY_POLLER;
  Port udp(world, {}, [](DatagramRecorder& protocol) {
    protocol.onReceived = [](auto& self, std::string_view data, auto&) {
      if (data == "2" || data == "4") self.transport().pauseProducing();
    };
  });
  for (const char* data : {"1", "2", "3", "4", "5"}) udp.send(data);
  REQUIRE(udp.receives(2));
  world.settle();
  CHECK(udp.record.received == Strings{"1", "2"});
  udp.send("6");
  udp.record.transport().resumeProducing();
  REQUIRE(udp.receives(4));
  world.settle();
  CHECK(udp.record.received == Strings{"1", "2", "3", "4"});
  udp.record.transport().resumeProducing();
  REQUIRE(udp.receives(6));
  CHECK(udp.record.received == Strings{"1", "2", "3", "4", "5", "6"});
}

TEST_CASE(
    "stopListening inside datagramReceived: nothing more is delivered, what was written goes") {
  EVERY_POLLER;
  Port udp(world, {}, [](DatagramRecorder& protocol) {
    protocol.onReceived = [](auto& self, std::string_view, const Address& from) {
      self.transport().write("bye", from);
      self.transport().stopListening();
    };
  });
  for (int i = 0; i < 5; ++i) udp.send("x");
  REQUIRE(world.until([&] { return udp.record.stopped(); }));
  CHECK(udp.record.received == Strings{"x"});
  CHECK(udp.peer.take(world, 1) == Strings{"bye"});
}

TEST_CASE("what stopProtocol writes is sent too") {
  EVERY_POLLER;
  Peer peer;
  DatagramRecord record;
  auto port = world.reactor.listenUDP(0, datagramRecorder(record, [&](DatagramRecorder& protocol) {
                                        protocol.onStop = [&](auto& self) {
                                          self.transport().write("last words", peer.address());
                                        };
                                      }));
  auto stopped = port.stopListening();
  CHECK(peer.take(world, 1) == Strings{"last words"});
}

TEST_CASE("stopping the reactor inside stopProtocol is allowed") {
  EVERY_POLLER;
  DatagramRecord record;
  Reactor other(world.reactor.name());
  other.listenUDP(0, datagramRecorder(record, [&](DatagramRecorder& protocol) {
                    protocol.onStop = [&](auto&) {
                      if (other.running()) other.crash();
                    };
                    protocol.onStart = [](auto& self) { self.transport().stopListening(); };
                  }));
  other.run();
  CHECK(record.events == Strings{"start", "stop"});
}

TEST_CASE("startProtocol that throws: listenUDP throws that, and nothing is left") {
  EVERY_POLLER;
  DatagramRecord record;
  std::uint16_t number = 0;
  const auto listen = [&] {
    return world.reactor.listenUDP(0,
                                   datagramRecorder(record,
                                                    [&](DatagramRecorder& protocol) {
                                                      protocol.onStart = [&](auto& self) {
                                                        number = self.transport().getHost().port;
                                                        throw std::runtime_error("not today");
                                                      };
                                                    }),
                                   {.interface = "127.0.0.1"});
  };
  CHECK_THROWS_WITH(listen(), "not today");
  world.settle();
  CHECK(record.events == Strings{"start"});  // it never started: so it is not stopped
  CHECK(Peer("127.0.0.1", number).ok());     // and its port is free
}

TEST_CASE("a port that is taken, or no address, is CannotListenError with the remedy") {
  World world("poll");
  Peer taken;
  const auto listen = [&](std::uint16_t port, const std::string& interface) {
    return world.reactor.listenUDP(port, std::make_unique<Echo>(), {.interface = interface});
  };
  CHECK_THROWS_AS(listen(taken.address().port, "127.0.0.1"), CannotListenError);
  CHECK_THROWS_WITH(listen(taken.address().port, "127.0.0.1"),
                    Catch::Contains("address already in use; this process receives there"));
  CHECK_THROWS_WITH(listen(0, "localhost"), Catch::Contains("no IP address"));
  CHECK_THROWS_WITH(listen(0, "192.0.2.1"), Catch::Contains("no such address"));
  CHECK_THROWS_AS(world.reactor.listenUDP(0, std::make_unique<Echo>(), {.maxPacketSize = 0}),
                  CannotListenError);
  CHECK_THROWS_AS(world.reactor.listenUDP(0, std::make_unique<Echo>(), {.maxPacketSize = 65'536}),
                  CannotListenError);
}

TEST_CASE("reserve and commit send what was filled in, and only that") {
  EVERY_POLLER;
  Port udp(world);
  DatagramTransport& transport = udp.record.transport();
  const DatagramPeer to(udp.peer.address());
  std::span<char> room = transport.reserve(100);
  std::copy_n("never sent", 10, room.begin());
  room = transport.reserve(50);
  CHECK(room.size() == 50);
  std::copy_n("hello", 5, room.begin());
  transport.commit(5, to);
  transport.write("and more", to);
  CHECK(udp.peer.take(world, 2) == Strings{"hello", "and more"});
  CHECK_THROWS_AS(transport.commit(1, to), std::logic_error);  // nothing is reserved
}

TEST_CASE("too long a datagram is MessageLengthError, and nothing is sent") {
  World world("poll");
  Port udp(world);
  DatagramTransport& transport = udp.record.transport();
  const std::string most(65'507, 'x');
  CHECK_THROWS_AS(transport.write(most + "y", udp.peer.address()), MessageLengthError);
  CHECK_THROWS_AS(transport.write(std::string(65'528, 'x'), Address::IPv6("::1", 9)),
                  MessageLengthError);
  transport.write(most, udp.peer.address());
  CHECK(udp.peer.take(world, 1) == Strings{most});
}

TEST_CASE("writing to what is no address throws; to nobody is counted as dropped") {
  World world("poll");
  Port udp(world);
  DatagramTransport& transport = udp.record.transport();
  CHECK_THROWS_AS(transport.write("x", Address::IPv4("example.test", 1)), InvalidAddressError);
  CHECK_THROWS_AS(transport.write("x", Address::IPv4("1.2.3.256", 1)), InvalidAddressError);
  CHECK_THROWS_AS(transport.write("x"), std::logic_error);  // it is not connected
  transport.write("x", DatagramPeer());
  transport.write("x", Address());
  CHECK(transport.counts().dropped == 2);
}

TEST_CASE("one datagram that cannot be sent is dropped and counted; the others go") {
  EVERY_POLLER;
  Port udp(world);  // bound to 127.0.0.1, which nothing beyond this machine can be sent from
  DatagramTransport& transport = udp.record.transport();
  transport.write("1", udp.peer.address());
  transport.write("2", Address::IPv4("255.255.255.255", 9));  // EACCES: broadcasting is not allowed
  transport.write("3", udp.peer.address());
  transport.write("4", Address::IPv6("::1", 9));  // no such family on this socket
  transport.write("5", udp.peer.address());
  CHECK(udp.peer.take(world, 3) == Strings{"1", "3", "5"});
  CHECK(transport.counts().dropped == 2);
  CHECK(transport.counts().sent == 3);
}

TEST_CASE("many more datagrams than one sendmmsg takes are all sent, in order") {
  EVERY_POLLER;
  Port udp(world);
  const int large = 8 << 20;
  ::setsockopt(udp.peer.fd(), SOL_SOCKET, SO_RCVBUFFORCE, &large, sizeof large);
  Strings expected;
  for (int i = 0; i < 1500; ++i) {
    // Sizes that make runs (UDP_SEGMENT) of many lengths, and single ones.
    expected.push_back(std::string(static_cast<std::size_t>(i / 7 % 5 * 11), 'x') +
                       std::to_string(i));
    udp.record.transport().write(expected.back(), udp.peer.address());
    if (i % 50 == 49) world.reactor.iterate();
    if (i % 300 == 299) {
      const auto got = udp.peer.take();
      REQUIRE(got.size() == 300);
      REQUIRE(std::equal(got.begin(), got.end(), expected.end() - 300));
    }
  }
  CHECK(udp.record.transport().counts().sent == 1500);
}

TEST_CASE("what is written in one turn leaves in that turn, without another") {
  EVERY_POLLER;
  Port udp(world);
  for (int i = 0; i < 100; ++i) udp.record.transport().write(std::to_string(i), udp.peer.address());
  CHECK(udp.peer.take().empty());  // the flush sends, not write()
  world.reactor.iterate();
  CHECK(udp.peer.take().size() == 100);
}

TEST_CASE("what the kernel dropped is counted") {
  EVERY_POLLER;
  Port udp(world, {.receiveBuffer = 2048});
  int sent = 0;
  for (; sent < 200; ++sent) udp.send(std::string(1000, 'x'));
  REQUIRE(udp.receives(1));
  world.settle();
  udp.send("the counter comes with the next one");
  ++sent;
  REQUIRE(world.until(
      [&] { return udp.record.received.back() == "the counter comes with the next one"; }));
  const DatagramCounts counts = udp.record.transport().counts();
  CHECK(counts.droppedByKernel > 0);
  CHECK(counts.received + counts.droppedByKernel == static_cast<std::uint64_t>(sent));
}

TEST_CASE("a protocol's lifetime ends with its port") {
  World world("poll");
  DatagramRecord record;
  Source<void> source;
  auto port = world.reactor.listenUDP(0, datagramRecorder(record, [&](DatagramRecorder& protocol) {
                                        protocol.onStart = [&](auto& self) {
                                          self.lifetime().own(source.deferred());
                                        };
                                      }));
  bool cancelled = false;
  source.onCancel([&](Source<void>&) { cancelled = true; });
  auto stopped = port.stopListening();
  REQUIRE(world.until([&] { return stopped.ready(); }));
  CHECK(cancelled);
}

TEST_CASE("many reactors share a port: reusePort") {
  EVERY_POLLER;
  DatagramRecord first;
  DatagramRecord second;
  auto port = world.reactor.listenUDP(0, datagramRecorder(first),
                                      {.interface = "127.0.0.1", .reusePort = true});
  world.reactor.listenUDP(port.port(), datagramRecorder(second),
                          {.interface = "127.0.0.1", .reusePort = true});
  CHECK_THROWS_AS(
      world.reactor.listenUDP(port.port(), std::make_unique<Echo>(), {.interface = "127.0.0.1"}),
      CannotListenError);
  std::vector<Peer> peers(64);
  for (const Peer& peer : peers) peer.send("x", port.getHost());
  REQUIRE(world.until([&] { return first.received.size() + second.received.size() == 64; }));
  CHECK_FALSE(first.received.empty());  // 2^-64 that the kernel's hash gives all to one
  CHECK_FALSE(second.received.empty());
}

TEST_CASE("a connected port hears its peer only") {
  EVERY_POLLER;
  Peer peer;
  Peer stranger;
  DatagramRecord record;
  auto port = world.reactor.connectUDP(peer.address(), datagramRecorder(record));
  CHECK(record.transport().getPeer() == peer.address());
  record.transport().write("to the peer");
  record.transport().write("likewise", peer.address());
  CHECK(peer.take(world, 2) == Strings{"to the peer", "likewise"});
  CHECK(peer.sender() == port.getHost());
  stranger.send("let me in", port.getHost());
  peer.send("welcome", port.getHost());
  REQUIRE(world.until([&] { return !record.received.empty(); }));
  world.settle();
  CHECK(record.received == Strings{"welcome"});
}

TEST_CASE("a connected port may choose what it sends from") {
  World world("poll");
  Peer peer;
  DatagramRecord record;
  auto port = world.reactor.connectUDP(peer.address(), datagramRecorder(record),
                                       {.bindAddress = "127.0.0.3"});
  CHECK(port.getHost().host == "127.0.0.3");
  CHECK_THROWS_AS(world.reactor.connectUDP(peer.address(), std::make_unique<Echo>(),
                                           {.bindAddress = "192.0.2.1"}),
                  ConnectBindError);
  CHECK_THROWS_AS(world.reactor.connectUDP(Address::IPv4("name.test", 1), std::make_unique<Echo>()),
                  InvalidAddressError);
}
