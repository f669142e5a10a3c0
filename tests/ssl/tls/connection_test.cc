// A TLS connection from its handshake to its end, over TCP.

#include <fcntl.h>

#include "tests/ssl/tls/tls_world.h"

using namespace ropewalk;

namespace {

/// Answers everything with itself.
void echo(Recorder& recorder) {
  recorder.onData = [&recorder](std::string_view data) { recorder.transport().write(data); };
}

std::string megabytes(std::size_t count) {
  std::string text(count * 1024 * 1024, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 7 % 251);
  return text;
}

}  // namespace

TEST_CASE("X-02: what is written before the handshake is done arrives after it") {
  EVERY_POLLER;
  TlsPair pair(world);
  pair.prepareClient = [](Recorder& client) {
    client.onMade = [&client] { client.transport().write("early"); };
  };
  REQUIRE(pair.connect());
  REQUIRE_FALSE(pair.why);
  REQUIRE(world.until([&] { return pair.server.received == "early"; }));
  CHECK(pair.clientSession().version() == "TLSv1.3");
  CHECK(pair.clientSession().cipher() == "TLS_AES_128_GCM_SHA256");
  CHECK(pair.serverSession().serverName() == "localhost");
}

TEST_CASE("text comes back through an echo server, however long it is") {
  EVERY_POLLER;
  TlsPair pair(world);
  pair.prepareServer = echo;
  REQUIRE(pair.connect());
  const std::string text = megabytes(3);
  pair.client.protocol->transport().write(text);
  REQUIRE(world.until([&] { return pair.client.received.size() >= text.size(); }));
  CHECK(pair.client.received == text);
}

TEST_CASE("X-04: loseConnection sends what is pending, and both sides see an orderly end") {
  EVERY_POLLER;
  TlsPair pair(world);
  REQUIRE(pair.connect());
  const std::string text = megabytes(1);
  pair.client.protocol->transport().write(text);
  pair.client.protocol->transport().loseConnection();
  REQUIRE(world.until([&] { return pair.client.over && pair.server.over; }));
  CHECK(pair.server.received == text);
  CHECK(pair.client.lostKind == "ConnectionDone");
  CHECK(pair.server.lostKind == "ConnectionDone");
}

TEST_CASE("X-04: an end without close_notify is TruncatedError") {
  EVERY_POLLER;
  TlsPair pair(world);
  REQUIRE(pair.connect());
  Transport* const below = pair.client.protocol->transport().below();
  below->loseConnection();
  REQUIRE(world.until([&] { return pair.server.over; }));
  CHECK(pair.server.lostKind == "TruncatedError");
}

TEST_CASE("a record that is too long, or that nobody sealed, ends the connection and is no data") {
  // Headers of RFC 8446 §5.2: at most 2^14 + 256 bytes follow.
  const std::size_t length = GENERATE(std::size_t{16'384 + 257}, std::size_t{64});
  EVERY_POLLER;
  TlsPair pair(world);
  REQUIRE(pair.connect());
  std::string record("\x17\x03\x03", 3);
  record += static_cast<char>(length >> 8);
  record += static_cast<char>(length);
  pair.client.protocol->transport().below()->write(record + std::string(length, 'x'));
  REQUIRE(world.until([&] { return pair.server.over && pair.client.over; }));
  CHECK(pair.server.received.empty());
  CHECK(pair.server.lostKind == "SSLError");
}

TEST_CASE("X-05: abortConnection delivers nothing more, and tells the other side of a loss") {
  EVERY_POLLER;
  TlsPair pair(world);
  REQUIRE(pair.connect());
  pair.client.protocol->transport().abortConnection();
  REQUIRE(world.until([&] { return pair.client.over && pair.server.over; }));
  CHECK(pair.client.lostKind == "ConnectionAborted");
  CHECK(pair.server.lostKind == "ConnectionLost");
}

TEST_CASE("half a connection may go on: loseWriteConnection sends close_notify and reads on") {
  EVERY_POLLER;
  TlsPair pair(world);
  pair.prepareServer = [](Recorder& server) {
    server.onReadLost = [&server] {
      server.transport().write("the answer");
      server.transport().loseConnection();
    };
  };
  REQUIRE(pair.connect());
  pair.client.protocol->transport().write("the question");
  pair.client.protocol->transport().loseWriteConnection();
  REQUIRE(world.until([&] { return pair.client.over && pair.server.over; }));
  CHECK(pair.server.received == "the question");
  CHECK(pair.client.received == "the answer");
  CHECK(pair.client.lostKind == "ConnectionDone");
}

TEST_CASE("X-07: small writes of one turn leave as one record") {
  EVERY_POLLER;
  TlsPair pair(world);
  REQUIRE(pair.connect());
  world.settle();
  Transport& transport = pair.client.protocol->transport();
  for (int i = 0; i < 100; ++i) transport.write("12345678");
  CHECK(transport.pending() == 800);
  REQUIRE(world.until([&] { return pair.server.received.size() == 800; }));
  CHECK(std::count(pair.server.events.begin(), pair.server.events.end(), "data") == 1);
}

TEST_CASE("a pause in the middle of what arrived keeps the rest for later") {
  EVERY_POLLER;
  TlsPair pair(world);
  pair.prepareServer = [](Recorder& server) {
    server.onData = [&server](std::string_view) { server.transport().pauseProducing(); };
  };
  REQUIRE(pair.connect());
  const std::string text = megabytes(1);
  pair.client.protocol->transport().write(text);
  REQUIRE(world.until([&] { return !pair.server.received.empty(); }));
  const std::size_t first = pair.server.received.size();
  world.settle();
  CHECK(pair.server.received.size() == first);
  while (pair.server.received.size() < text.size()) {
    const std::size_t before = pair.server.received.size();
    pair.server.protocol->transport().resumeProducing();
    REQUIRE(world.until([&] { return pair.server.received.size() > before; }));
  }
  CHECK(pair.server.received == text);
}

TEST_CASE("a file goes out in its place between texts, as fast as the peer takes it") {
  EVERY_POLLER;
  TlsPair pair(world);
  REQUIRE(pair.connect());
  const std::string file = megabytes(2);
  const std::string name = Pki::get().path("file");
  Pki::get().write(name, file);
  const auto open = std::make_shared<const UniqueFd>(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
  Transport& transport = pair.client.protocol->transport();
  transport.write("before ");
  transport.writeFile(open, 0, file.size());
  transport.write(" after");
  transport.loseConnection();
  REQUIRE(world.until([&] { return pair.server.over; }));
  CHECK(pair.server.received == "before " + file + " after");
  CHECK(pair.server.lostKind == "ConnectionDone");
}

TEST_CASE("a file that ends too early ends the connection, without close_notify") {
  EVERY_POLLER;
  TlsPair pair(world);
  REQUIRE(pair.connect());
  const std::string name = Pki::get().path("short");
  Pki::get().write(name, "short");
  const auto open = std::make_shared<const UniqueFd>(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
  pair.client.protocol->transport().writeFile(open, 0, 100);
  REQUIRE(world.until([&] { return pair.server.over && pair.client.over; }));
  CHECK(pair.server.lostKind == "TruncatedError");
  CHECK(pair.client.lostKind == "ConnectionLost");
}

TEST_CASE("ALPN: the server's first choice among those offered, and no connection without one") {
  EVERY_POLLER;
  ssl::ServerOptions options;
  options.alpn = {"h2", "http/1.1"};
  SECTION("one in common") {
    TlsPair pair(world, serverContext(options),
                 clientContext({.alpn = {"spdy/3", "http/1.1", "h2"}}));
    REQUIRE(pair.connect());
    CHECK(pair.clientSession().negotiatedProtocol() == "h2");
  }
  SECTION("none in common") {
    TlsPair pair(world, serverContext(options), clientContext({.alpn = {"smtp"}}));
    REQUIRE(pair.connect());
    REQUIRE(pair.why);
    CHECK(pair.why->getErrorMessage().find("no application protocol in common") !=
          std::string::npos);
    REQUIRE(world.until([&] { return pair.server.over; }));
    CHECK(
        pair.serverSide.handshakes().failures[static_cast<int>(ssl::HandshakeFailure::protocol)] ==
        1);
  }
}

TEST_CASE("a client returns with its ticket: the second handshake is a resumption") {
  EVERY_POLLER;
  const ssl::Context server = serverContext();
  const ssl::Context client = clientContext();
  for (int round = 0; round < 3; ++round) {
    TlsPair pair(world, server, client);
    pair.prepareServer = [](Recorder& each) {
      each.onData = [&each](std::string_view data) { each.transport().write(data); };
    };
    REQUIRE(pair.connect());
    CHECK(pair.clientSession().resumed() == (round > 0));
    pair.client.protocol->transport().write("hello");  // the ticket comes before the answer
    REQUIRE(world.until([&] { return pair.client.received == "hello"; }));
    pair.client.protocol->transport().loseConnection();
    REQUIRE(world.until([&] { return pair.client.over && pair.server.over; }));
  }
  CHECK(server.handshakes().resumed == 2);
}

TEST_CASE("the handshake of a silent peer ends by its time-out") {
  EVERY_POLLER;
  ssl::ServerOptions options;
  options.handshakeTimeout = 50ms;
  TlsPair pair(world, serverContext(options));
  pair.listen();
  Client silent(pair.port->port());
  REQUIRE(world.until([&] { return pair.server.over; }));
  CHECK(pair.server.lostKind == "HandshakeError");
  CHECK(pair.serverSide.handshakes().failures[static_cast<int>(ssl::HandshakeFailure::timeout)] ==
        1);
}

TEST_CASE("P-06: a push producer is paused while the peer does not read, and resumed later") {
  EVERY_POLLER;
  struct Writer : Producer {
    void resumeProducing() override { ++resumed; }
    void pauseProducing() override { ++paused; }
    void stopProducing() override {}
    int paused = 0;
    int resumed = 0;
  } writer;
  TlsPair pair(world);
  REQUIRE(pair.connect());
  pair.server.protocol->transport().pauseProducing();
  Transport& transport = pair.client.protocol->transport();
  transport.registerProducer(writer, Streaming::push);
  std::size_t written = 0;
  while (writer.paused == writer.resumed && written < 64 * 1024 * 1024) {
    const std::string piece(100'000, 'x');
    transport.write(piece);
    written += piece.size();
    world.settle();
  }
  REQUIRE(writer.paused == writer.resumed + 1);
  pair.server.protocol->transport().resumeProducing();
  REQUIRE(world.until([&] { return writer.resumed == writer.paused; }));
  transport.unregisterProducer();
  REQUIRE(world.until([&] { return pair.server.received.size() == written; }));
}

TEST_CASE("S-05: with a producer loseConnection waits for it") {
  EVERY_POLLER;
  struct Counter : Producer {
    explicit Counter(Transport& transport) : transport(transport) {}
    void resumeProducing() override {
      transport.write("piece ");
      if (++pieces == 5) transport.unregisterProducer();
    }
    void stopProducing() override {}
    Transport& transport;
    int pieces = 0;
  };
  TlsPair pair(world);
  REQUIRE(pair.connect());
  Counter counter(pair.client.protocol->transport());
  counter.transport.registerProducer(counter, Streaming::pull);
  counter.transport.loseConnection();
  REQUIRE(world.until([&] { return pair.server.over; }));
  CHECK(pair.server.lostKind == "ConnectionDone");
}

TEST_CASE("drained fires when all is with the kernel, also when asked before the handshake") {
  EVERY_POLLER;
  bool drained = false;
  std::optional<Deferred<void>> waiting;
  TlsPair pair(world);
  pair.prepareClient = [&](Recorder& client) {
    client.onMade = [&] {
      client.transport().write("early");
      waiting.emplace(client.transport().drained());
      waiting->addCallback([&] { drained = true; });
    };
  };
  REQUIRE(pair.connect());
  REQUIRE(world.until([&] { return drained; }));
}

TEST_CASE("an HTTP request in the clear gets the answer that the options have for it") {
  EVERY_POLLER;
  const std::string words =
      GENERATE(as<std::string>{}, "", "HTTP/1.1 400 Bad Request\r\n\r\nuse https://\n");
  TlsPair pair(world, serverContext({.plaintextAnswer = words}));
  pair.listen();
  Client plain(pair.port->port());
  plain.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  REQUIRE(world.until([&] { return pair.server.over; }));
  std::string answer;
  REQUIRE(world.until([&] {
    answer += plain.take();
    return plain.ended();
  }));
  CHECK(answer == words);
  CHECK(pair.serverSide.handshakes().failures[static_cast<int>(ssl::HandshakeFailure::plaintext)] ==
        1);
}
