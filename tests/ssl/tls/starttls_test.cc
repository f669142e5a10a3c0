// STARTTLS: TLS begins in the middle of a connection.

#include "ropewalk/core/service/policies/policies.h"
#include "ropewalk/core/testing/loopback.h"
#include "ropewalk/protocols/basic/basic.h"
#include "tests/ssl/tls/tls_world.h"

using namespace ropewalk;

namespace {

/// "STARTTLS" is answered and done; every other line comes back with its number.
struct LineServer : LineReceiver {
  explicit LineServer(ssl::Context context) : context(std::move(context)) {}
  void lineReceived(std::string_view line) override {
    lines.emplace_back(line);
    if (line == "STARTTLS") {
      sendLine("220 go ahead");
      ssl::startTLS(transport(), context);
      return;
    }
    sendLine(format("{} {}", lines.size(), line));
  }
  void handshakeCompleted() override { secure = true; }
  void connectionLost(const Failure& reason) override { lost = reason.kind(); }

  ssl::Context context;
  std::vector<std::string> lines;
  bool secure = false;
  std::string lost;
};

struct LineClient : LineReceiver {
  explicit LineClient(ssl::Context context) : context(std::move(context)) {}
  void lineReceived(std::string_view line) override {
    lines.emplace_back(line);
    if (line == "220 go ahead") ssl::startTLS(transport(), context, {"localhost"});
  }
  void handshakeCompleted() override { sendLine("secret"); }
  void connectionLost(const Failure& reason) override { lost = reason.kind(); }

  ssl::Context context;
  std::vector<std::string> lines;
  std::string lost;
};

}  // namespace

TEST_CASE("X-01: both sides go on over TLS after the command, in memory, however it is cut") {
  LineServer server(serverContext());
  LineClient client(clientContext());
  testing::LoopbackOptions options;
  options.split = GENERATE(0, 1, 7);
  auto pump = testing::connectInMemory(server, client, options);
  client.sendLine("STARTTLS");
  pump.flush();
  CHECK(server.secure);
  CHECK(client.lines == std::vector<std::string>{"220 go ahead", "2 secret"});
  CHECK(ssl::sessionOf(client.transport())->version() == "TLSv1.3");
}

TEST_CASE("B1, B2: what is pipelined behind STARTTLS in the clear is thrown away") {
  LineServer server(serverContext());
  LineClient client(clientContext());
  auto pump = testing::connectInMemory(server, client);
  client.transport().write("STARTTLS\r\ninjected\r\nhalf");
  pump.flush();
  CHECK(server.lines == std::vector<std::string>{"STARTTLS", "secret"});
}

TEST_CASE("what is pipelined behind the server's answer is thrown away too") {
  struct Injector : LineServer {
    using LineServer::LineServer;
    void lineReceived(std::string_view line) override {
      if (line != "STARTTLS") return LineServer::lineReceived(line);
      lines.emplace_back(line);
      transport().write("220 go ahead\r\n250 injected\r\n");
      ssl::startTLS(transport(), context);
    }
  } server(serverContext());
  LineClient client(clientContext());
  auto pump = testing::connectInMemory(server, client);
  client.sendLine("STARTTLS");
  pump.flush();
  CHECK(client.lines == std::vector<std::string>{"220 go ahead", "2 secret"});
}

TEST_CASE("STARTTLS works below wrappers, over TCP") {
  EVERY_POLLER;
  auto factory = logTraffic(withTimeout(factoryFor<LineServer>(serverContext()), 60s),
                            [](std::string_view) {});
  const ListeningPort port = world.reactor.listenTCP(0, factory, {.interface = "127.0.0.1"});
  LineClient* client = nullptr;
  auto connected =
      world.reactor.connectTCP("127.0.0.1", port.port(), factoryOf([&](const Address&) {
                                 auto made = std::make_unique<LineClient>(clientContext());
                                 client = made.get();
                                 return made;
                               }));
  REQUIRE(world.until([&] { return client != nullptr && client->transport().connected(); }));
  client->sendLine("STARTTLS");
  REQUIRE(world.until([&] { return client->lines.size() == 2; }));
  CHECK(client->lines.back() == "2 secret");
}

TEST_CASE("a Stream goes on over TLS, and forgets what came before") {
  EVERY_POLLER;
  const ListeningPort port = world.reactor.listenTCP(0, factoryFor<LineServer>(serverContext()),
                                                     {.interface = "127.0.0.1"});
  const ssl::Context context = clientContext();
  std::string answer;
  const auto talk = [&]() -> Deferred<void> {
    Deferred<StreamHandle> connecting =
        connectStream(world.reactor, format("127.0.0.1:{}", port.port()));
    const StreamHandle stream = co_await std::move(connecting);
    co_await stream->write("STARTTLS\r\n");
    co_await stream->readLine();
    ssl::startTLS(stream->transport(), context, {"localhost"});
    co_await ssl::sessionOf(stream->transport())->handshake();
    co_await stream->write("hello\r\n");
    answer = co_await stream->readLine();
  };
  Deferred<void> talking = talk();
  REQUIRE(world.until([&] { return !answer.empty(); }));
  CHECK(answer == "2 hello");
}
