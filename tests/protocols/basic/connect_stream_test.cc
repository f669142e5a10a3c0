// connectStream and serveStreams over real sockets.
#include "ropewalk/protocols/basic/connect_stream.h"

#include <string>

#include "ropewalk/core/async/gather.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/listening_port.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "ropewalk/protocols/basic/serve_streams.h"
#include "tests/catch.h"

using namespace ropewalk;

namespace {

constexpr const char* kHost = "127.0.0.1";

struct Served {
  explicit Served(UniqueFunction<Deferred<void>(StreamHandle)> serve)
      : port(reactor.listenTCP(0, serveStreams(std::move(serve)), {.interface = kHost}).port()) {}

  template <class T>
  Deferred<T> wait(Deferred<T> deferred) {
    deferred.addTimeout(10s, reactor);
    while (!deferred.ready()) reactor.iterate(1s);
    return deferred;
  }
  void waitUntilClosed() {
    while (reactor.connections() > 0) reactor.iterate(1s);
  }

  Reactor reactor;
  std::uint16_t port;
};

Deferred<void> sendTwoMiB(StreamHandle stream) {
  const std::string piece(1_KiB, 'x');
  for (int i = 0; i < 2048; ++i) co_await stream->write(piece);
}

Deferred<void> upperCase(StreamHandle stream) {
  while (true) {
    std::string line = co_await stream->readLine();
    for (char& c : line) c = static_cast<char>(std::toupper(c));
    co_await stream->write(std::move(line) + "\r\n");
  }
}

Deferred<std::string> readLines(Reactor& reactor, std::uint16_t port, std::string lines) {
  auto connecting = connectStream(reactor, kHost, port);
  const StreamHandle stream = co_await std::move(connecting);
  co_await stream->write(std::move(lines));
  stream->loseWriteConnection();
  co_return co_await stream->readAll(1_MiB);
}

}  // namespace

TEST_CASE("a coroutine reads what another one writes, as fast as both can") {
  Served served(sendTwoMiB);
  auto all = served.wait(
      connectStream(served.reactor, kHost, served.port).addCallback([](StreamHandle stream) {
        return stream->readAll(4_MiB);
      }));
  CHECK(testing::successResultOf(all) == std::string(2_MiB, 'x'));
  served.waitUntilClosed();
}

TEST_CASE("answers to lines that came before the peer's half close all arrive") {
  Served served(upperCase);
  auto answer = served.wait(readLines(served.reactor, served.port, "a\r\nb\r\nc\r\n"));
  CHECK(testing::successResultOf(answer) == "A\r\nB\r\nC\r\n");
  served.waitUntilClosed();
}

TEST_CASE("several at once on one thread") {
  Served served(upperCase);
  std::vector<Deferred<std::string>> answers;
  for (int i = 0; i < 20; ++i) {
    answers.push_back(readLines(served.reactor, served.port, "line " + std::to_string(i) + "\r\n"));
  }
  auto all = served.wait(gatherResults(std::move(answers)));
  CHECK(testing::successResultOf(all).back() == "LINE 19\r\n");
}

TEST_CASE("an endpoint string does as well") {
  Served served(upperCase);
  auto connected =
      served.wait(connectStream(served.reactor, "tcp://127.0.0.1:" + std::to_string(served.port)));
  const StreamHandle stream = testing::successResultOf(connected);
  CHECK(stream->getPeer() == Address::IPv4(kHost, served.port));
  testing::successResultOf(stream->write("x\r\n"));
  auto line = served.wait(stream->readLine());
  CHECK(testing::successResultOf(line) == "X");
}

TEST_CASE("a bad endpoint and a refused connection fail the Deferred") {
  Served served(upperCase);
  testing::failureResultOf<BadEndpointError>(connectStream(served.reactor, "nosuch:thing"));
  auto refused = served.wait(connectStream(served.reactor, kHost, 1));
  testing::failureResultOf<ConnectError>(refused);
}

TEST_CASE("what was read last stays readable after both sides have gone") {
  Served served(
      [](StreamHandle stream) -> Deferred<void> { co_await stream->write("last words"); });
  auto connected = served.wait(connectStream(served.reactor, kHost, served.port));
  const StreamHandle stream = testing::successResultOf(connected);
  while (!stream->transport().disconnecting()) {
    served.reactor.iterate(1s);
    if (served.reactor.connections() == 1) stream->loseWriteConnection();
  }
  served.waitUntilClosed();
  CHECK(testing::successResultOf(stream->readAll()) == "last words");
}

TEST_CASE("dropping the last handle closes the connection") {
  Served served(upperCase);
  {
    auto connected = served.wait(connectStream(served.reactor, kHost, served.port));
    const StreamHandle stream = testing::successResultOf(connected);
    CHECK(served.reactor.connections() >= 1);
  }
  served.waitUntilClosed();
}

TEST_CASE("a connection that nobody waits for any more is closed") {
  Served served(upperCase);
  { auto dropped = connectStream(served.reactor, kHost, served.port); }
  while (served.reactor.connections() == 0) served.reactor.iterate(1s);
  served.waitUntilClosed();
}

TEST_CASE("a peer that resets ends a read with ConnectionLost") {
  Served served([](StreamHandle stream) -> Deferred<void> {
    co_await stream->readLine();
    stream->abortConnection();
  });
  auto connected = served.wait(connectStream(served.reactor, kHost, served.port));
  const StreamHandle stream = testing::successResultOf(connected);
  testing::successResultOf(stream->write("go\r\n"));
  auto line = served.wait(stream->readLine());
  testing::failureResultOf<ConnectionLost>(line);
}
