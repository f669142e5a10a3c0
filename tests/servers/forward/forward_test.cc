// forwardTo: connections that go on to a back end.

#include "ropewalk/servers/forward/forward.h"
#include "ropewalk/core/testing/clock.h"
#include "ropewalk/protocols/proxy_protocol/write.h"
#include "tests/ssl/tls/tls_world.h"

using namespace ropewalk;

namespace {

/// A back end that records, with a forwarder in front and a plain client.
struct Chain {
  explicit Chain(World& world, ForwardOptions options = {}, std::vector<std::string> before = {})
      : world(world),
        backPort(world.reactor.listenTCP(
            0, recorderFactory(back, [this](Recorder& each) { prepareBack(each); }),
            {.interface = "127.0.0.1"})) {
    before.push_back(format("127.0.0.1:{}", backPort.port()));
    front.emplace(world.reactor.listenTCP(0, forwardTo(world.reactor, std::move(before), options),
                                          {.interface = "127.0.0.1"}));
  }
  World& world;
  Record& back = world.record();
  std::function<void(Recorder&)> prepareBack = [](Recorder&) {};
  ListeningPort backPort;
  std::optional<ListeningPort> front;
};

std::string readAll(World& world, Client& client) {
  std::string all;
  world.until([&] {
    all += client.take();
    return client.ended() || client.error() != 0;
  });
  return all;
}

}  // namespace

TEST_CASE("what either side says reaches the other, and so does each end") {
  EVERY_POLLER;
  Chain chain(world);
  chain.prepareBack = [](Recorder& back) {
    back.onReadLost = [&back] {
      back.transport().write("the answer");
      back.transport().loseConnection();
    };
  };
  Client client(chain.front->port());
  client.send("the question");
  client.finish();
  CHECK(readAll(world, client) == "the answer");
  CHECK(chain.back.received == "the question");
  CHECK(world.until([&] { return chain.back.over && world.reactor.connections() == 0; }));
}

TEST_CASE("back ends are tried in turn") {
  EVERY_POLLER;
  log::testing::Captured logged;
  Chain chain(world, {}, {"unix:/nowhere/at/all", "127.0.0.1:1"});
  Client client(chain.front->port());
  client.send("hello");
  REQUIRE(world.until([&] { return chain.back.received == "hello"; }));
  CHECK(logged.contains(log::Level::warn, "forward: 127.0.0.1:1: "));
}

TEST_CASE("a back end that does not answer is given its time, and then the next one") {
  EVERY_POLLER;
  log::testing::Captured logged;
  const UniqueFd silent(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  REQUIRE(::bind(silent.get(), reinterpret_cast<sockaddr*>(&at), size) == 0);
  REQUIRE(::listen(silent.get(), 0) == 0);
  REQUIRE(::getsockname(silent.get(), reinterpret_cast<sockaddr*>(&at), &size) == 0);
  // Its queue is full from now on: the kernel answers no further SYN.
  const Client first(ntohs(at.sin_port));
  const UniqueFd second(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  ::connect(second.get(), reinterpret_cast<sockaddr*>(&at), size);

  Chain chain(world, {.connectTimeout = 50ms}, {format("127.0.0.1:{}", ntohs(at.sin_port))});
  Client client(chain.front->port());
  client.send("hello");
  REQUIRE(world.until([&] { return chain.back.received == "hello"; }));
  CHECK(logged.contains(log::Level::warn, "no answer within 0.05 s"));
}

TEST_CASE("without a back end the client is let go, and the log says why") {
  EVERY_POLLER;
  log::testing::Captured logged;
  const auto front = world.reactor.listenTCP(0, forwardTo(world.reactor, {"unix:/nowhere/at/all"}),
                                             {.interface = "127.0.0.1"});
  Client client(front.port());
  readAll(world, client);
  CHECK(logged.contains(log::Level::error, "forward: no back end for 127.0.0.1:"));
}

TEST_CASE(
    "a client that does not read holds the back end up, and costs a bounded amount of memory") {
  EVERY_POLLER;
  Chain chain(world);
  Client client(chain.front->port());
  REQUIRE(world.until([&] { return chain.back.made(); }));
  Transport& back = chain.back.protocol->transport();
  const std::string piece(1 << 20, 'x');
  std::size_t written = 0;
  while (back.pending() < 8 * piece.size() && written < 512 * piece.size()) {
    back.write(piece);
    written += piece.size();
    world.settle();
  }
  CHECK(back.pending() >= 8 * piece.size());  // it is not read any more
  std::size_t got = 0;
  back.loseConnection();
  REQUIRE(world.until([&] {
    got += client.take().size();
    return client.ended();
  }));
  CHECK(got == written);
}

TEST_CASE("a client that is reset is no orderly end for the back end") {
  EVERY_POLLER;
  Chain chain(world);
  Client client(chain.front->port());
  client.send("half of an upl");
  REQUIRE(world.until([&] { return chain.back.received == "half of an upl"; }));
  client.reset();
  REQUIRE(world.until([&] { return chain.back.over; }));
  CHECK(chain.back.lostKind == "ConnectionLost");
}

TEST_CASE("a back end that is reset in mid-answer is no clean end for a client of TLS") {
  EVERY_POLLER;
  Record& back = world.record();
  const auto backPort =
      world.reactor.listenTCP(0, recorderFactory(back), {.interface = "127.0.0.1"});
  TlsPair pair(world);
  pair.port.emplace(ssl::listenSSL(
      world.reactor, 0, forwardTo(world.reactor, {format("127.0.0.1:{}", backPort.port())}),
      pair.serverSide, {.interface = "127.0.0.1"}));
  REQUIRE(pair.connect());
  REQUIRE(world.until([&] { return back.made(); }));
  back.protocol->transport().write("half of an ans");
  REQUIRE(world.until([&] { return pair.client.received == "half of an ans"; }));
  const bool finished = GENERATE(false, true);
  if (finished) {
    back.protocol->transport().loseWriteConnection();
    REQUIRE(world.until(
        [&] { return std::count(back.events.begin(), back.events.end(), "write lost") == 1; }));
    world.settle();
  }
  back.protocol->transport().abortConnection();
  REQUIRE(world.until([&] { return pair.client.over; }));
  CHECK(pair.client.lostKind == (finished ? "ConnectionDone" : "TruncatedError"));
}

TEST_CASE("clients that leave in every way end no forwarder, and are no failure of the back end") {
  EVERY_POLLER;
  log::testing::Captured logged;
  Chain chain(world);
  chain.prepareBack = [](Recorder& back) {
    back.onData = [&back](std::string_view) {
      back.transport().write(std::string(100'000, 'x'));
      back.transport().loseConnection();
    };
  };
  for (const int way : {0, 1, 2, 3}) {
    std::deque<Client> clients;
    for (int i = 0; i < 100; ++i) clients.emplace_back(chain.front->port()).send("go");
    for (Client& each : clients) {
      if (way >= 2) world.reactor.iterate();
      if (way == 3) each.take();
      way % 2 == 0 ? each.reset() : each.close();
    }
    REQUIRE(world.until([&] { return world.reactor.connections() == 0; }));
  }
  Client last(chain.front->port());
  last.send("go");
  CHECK(readAll(world, last).size() == 100'000);
  CHECK_FALSE(logged.contains(log::Level::error, "no back end"));
}

TEST_CASE("version 1 of the PROXY header comes first") {
  EVERY_POLLER;
  Chain chain(world, {.sendProxy = SendProxy::v1});
  Client client(chain.front->port());
  client.send("hello");
  REQUIRE(world.until([&] { return chain.back.received.ends_with("hello"); }));
  CHECK(chain.back.received.starts_with("PROXY TCP4 127.0.0.1 127.0.0.1 "));
  CHECK(chain.back.received.ends_with(format(" {}\r\nhello", chain.front->port())));
}

TEST_CASE(
    "in front of TLS nobody is connected before the handshake; the header tells what TLS knows") {
  EVERY_POLLER;
  Record& back = world.record();
  const auto backPort =
      world.reactor.listenTCP(0, recorderFactory(back), {.interface = "127.0.0.1"});
  const auto alice = Pki::get().issue("alice", "DNS:alice");
  ssl::ServerOptions options;
  options.alpn = {"h2"};
  options.clientCA = Pki::get().ca();
  options.clientCertificates = ssl::ClientCertificates::require;
  TlsPair pair(world, serverContext(options),
               clientContext({.certificate = alice.certificate, .key = alice.key, .alpn = {"h2"}}));
  auto forward = forwardTo(world.reactor, {format("127.0.0.1:{}", backPort.port())},
                           {.sendProxy = SendProxy::v2});
  pair.port.emplace(
      ssl::listenSSL(world.reactor, 0, forward, pair.serverSide, {.interface = "127.0.0.1"}));
  {
    Client silent(pair.port->port());
    world.settle();
    CHECK_FALSE(back.made());
  }
  REQUIRE(pair.connect());
  pair.client.protocol->transport().write("hello");
  REQUIRE(world.until([&] { return back.received.ends_with("hello"); }));
  CHECK(back.received.find("alice") != std::string::npos);
  CHECK(back.received.find("TLSv1.3") != std::string::npos);
  CHECK(back.received.find("localhost") != std::string::npos);
  CHECK(back.received.find(std::string("\x01\0\x02h2", 5)) != std::string::npos);
}

namespace {

/// A forwarder whose time is the test's.
struct Timed {
  Timed(World& world, testing::Clock& clock) : Timed(world, clock, {.clock = &clock}) {}
  Timed(World& world, testing::Clock& clock, ForwardOptions options)
      : clock(clock), chain(world, options), client(chain.front->port()) {
    client.send("hello");
    REQUIRE(world.until([&] { return chain.back.received == "hello"; }));
  }
  /// The back end writes until nobody takes any more.
  void fillBuffers(World& world) {
    Transport& back = chain.back.protocol->transport();
    std::size_t before = 0;
    for (int same = 0; same < 50;) {
      world.settle();
      same = std::exchange(before, back.pending()) == before ? same + 1 : 0;
    }
    REQUIRE(back.pending() > 0);
  }
  testing::Clock& clock;  // which must outlive the connections
  Chain chain;
  Client client;
};

}  // namespace

TEST_CASE("a bridge on which nothing is said for an hour is closed; one that speaks is not") {
  testing::Clock clock;
  EVERY_POLLER;
  Timed timed(world, clock);
  for (int i = 0; i < 3; ++i) {
    for (int minutes = 0; minutes < 59; ++minutes) clock.advance(1min);
    world.settle();
    REQUIRE_FALSE(timed.chain.back.over);
    timed.client.send(".");
    REQUIRE(
        world.until([&] { return timed.chain.back.received.ends_with(std::string(i + 1, '.')); }));
  }
  for (int minutes = 0; minutes < 61; ++minutes) clock.advance(1min);
  REQUIRE(world.until([&] { return timed.chain.back.over && world.reactor.connections() == 0; }));
  CHECK(timed.chain.back.lostKind == "ConnectionDone");
  timed.client.take();
  CHECK(timed.client.ended());
}

TEST_CASE("who takes nothing for as long as a bridge may be idle is aborted, not waited for") {
  testing::Clock clock;
  EVERY_POLLER;
  Timed timed(world, clock, {.idleTimeout = 1min, .writeTimeout = 1h, .clock = &clock});
  timed.chain.back.protocol->transport().write(std::string(64 << 20, 'x'));
  timed.fillBuffers(world);
  for (int looks = 0; looks < 8; ++looks) clock.advance(15s);
  REQUIRE(world.until([&] { return timed.chain.back.over && world.reactor.connections() == 0; }));
  CHECK(clock.getDelayedCalls() == 0);
}

TEST_CASE("a client that takes nothing for a minute is cut off, and so is the back end") {
  testing::Clock clock;
  EVERY_POLLER;
  Timed timed(world, clock);
  timed.chain.back.protocol->transport().write(std::string(64 << 20, 'x'));
  timed.fillBuffers(world);
  clock.advance(15s);  // this look sees what went into the kernel's buffers
  for (int looks = 0; looks < 3; ++looks) clock.advance(15s);
  world.settle();
  CHECK_FALSE(timed.chain.back.over);
  clock.advance(15s);
  REQUIRE(world.until([&] { return timed.chain.back.over && world.reactor.connections() == 0; }));
  CHECK(timed.chain.back.lostKind == "ConnectionLost");
}

TEST_CASE("a client that takes a little now and then is waited for") {
  testing::Clock clock;
  EVERY_POLLER;
  Timed timed(world, clock);
  timed.chain.back.protocol->transport().write(std::string(64 << 20, 'x'));
  timed.fillBuffers(world);
  std::vector<char> some(1 << 20);
  for (int i = 0; i < 10; ++i) {
    for (int seconds = 0; seconds < 45; seconds += 15) clock.advance(15s);
    std::size_t got = 0;
    REQUIRE(world.until([&] {
      const ssize_t read = ::recv(timed.client.fd(), some.data(), some.size(), MSG_DONTWAIT);
      got += read > 0 ? static_cast<std::size_t>(read) : 0;
      return got >= some.size();
    }));
    clock.advance(15s);
    REQUIRE_FALSE(timed.chain.back.over);
  }
}

TEST_CASE("the last words for a client that takes nothing are not kept for ever") {
  testing::Clock clock;
  EVERY_POLLER;
  Timed timed(world, clock);
  timed.chain.back.protocol->transport().write(std::string(32 << 10, 'x'));
  timed.chain.back.protocol->transport().loseConnection();
  REQUIRE(world.until([&] { return timed.chain.back.over; }));
  timed.client.close();
  REQUIRE(world.until([&] { return world.reactor.connections() == 0; }));
  for (int looks = 0; looks < 8; ++looks) clock.advance(15s);
  CHECK(clock.getDelayedCalls() == 0);
}
