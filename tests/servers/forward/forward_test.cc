// forwardTo: connections that go on to a back end.

#include "ropewalk/servers/forward/forward.h"
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
