// Peers that ask and take no answers: reading stops, memory is bounded, and they are cut off.
#include "ropewalk/core/net/answer_limit.h"

#include <sys/un.h>

#include "ropewalk/core/testing/memory_reactor.h"
#include "ropewalk/core/testing/string_transport.h"
#include "tests/core/net/world.h"
#include "tests/temporary_directory.h"

namespace ropewalk {
namespace {

constexpr std::size_t kLimit = std::size_t{256} * 1024;

/// Answers each byte with a kilobyte.
struct Answering final : Protocol {
  void dataReceived(std::string_view question) override {
    transport().write(std::string(question.size() * 1024, 'a'));
    if (answers.full(*this, [this] { transport().resumeProducing(); })) {
      transport().pauseProducing();
    }
  }
  AnswerLimit answers;
};

/// A peer of whom the test says how much it has taken.
struct SlowTransport final : testing::StringTransport {
  [[nodiscard]] std::uint64_t taken() const noexcept override { return bytesTaken; }
  std::uint64_t bytesTaken = 0;
};

struct Asked {
  Asked() {
    transport.setReactor(memory.reactor());
    transport.setAccepted();
    transport.stall();
    transport.connect(protocol);
  }
  void ask(std::size_t questions) { protocol.dataReceived(std::string(questions, 'q')); }

  testing::MemoryReactor memory;
  Answering protocol;
  SlowTransport transport;
};

TEST_CASE("AnswerLimit: up to the limit of answers is read on; past it not, until all is taken") {
  Asked asked;
  asked.ask(kLimit / 1024);
  CHECK(asked.transport.producing());
  asked.ask(1);
  CHECK(asked.transport.paused());
  asked.transport.drain();
  CHECK(asked.transport.producing());
  CHECK_FALSE(asked.protocol.answers.full());
}

TEST_CASE("AnswerLimit: S-03: what is thrown while it goes on is logged, and ends the connection") {
  struct Throwing final : Protocol {
    void dataReceived(std::string_view question) override {
      transport().write(std::string(question.size() * 1024, 'a'));
      if (answers.full(*this, [] { throw std::runtime_error("no more"); }))
        transport().pauseProducing();
    }
    AnswerLimit answers;
  };
  log::testing::Captured logged;
  testing::MemoryReactor memory;
  Throwing protocol;
  SlowTransport transport;
  transport.setReactor(memory.reactor());
  transport.setAccepted();
  transport.stall();
  transport.connect(protocol);
  protocol.dataReceived(std::string(300, 'q'));
  transport.drain();
  CHECK(transport.aborted());
  CHECK(logged.contains(log::Level::error, "no more"));
}

TEST_CASE("AnswerLimit: who takes nothing is cut off after the patience, not before") {
  Asked asked;
  asked.ask(300);
  asked.memory.advance(10s - 1ms);
  CHECK_FALSE(asked.transport.aborted());
  asked.memory.advance(1ms);
  CHECK(asked.transport.aborted());
}

TEST_CASE("AnswerLimit: who takes something is waited for, however long it needs for all") {
  Asked asked;
  asked.ask(300);
  for (int i = 0; i < 100; ++i) {
    asked.transport.bytesTaken += 1;
    asked.memory.advance(10s);
  }
  CHECK_FALSE(asked.transport.aborted());
  asked.memory.advance(10s);
  CHECK(asked.transport.aborted());
}

TEST_CASE("AnswerLimit: once all is taken nobody looks any more") {
  Asked asked;
  asked.ask(300);
  asked.transport.drain();
  asked.memory.advance(1h);
  CHECK_FALSE(asked.transport.aborted());
}

TEST_CASE("AnswerLimit: a connection that ends meanwhile is left alone") {
  Asked asked;
  asked.ask(300);
  asked.transport.lose();
  asked.memory.advance(1h);
  CHECK_FALSE(asked.transport.aborted());
}

TEST_CASE("AnswerLimit: a connection that we made has no limit") {
  testing::MemoryReactor memory;
  Answering protocol;
  SlowTransport transport;
  transport.setReactor(memory.reactor());
  transport.stall();
  transport.connect(protocol);
  protocol.dataReceived(std::string(1000, 'q'));
  memory.advance(1h);
  CHECK(transport.producing());
  CHECK_FALSE(transport.aborted());
}

TEST_CASE("who came to us and does not read is not read from; who was called is") {
  EVERY_POLLER;
  Pair pair(world, [](Recorder& each) {
    each.onData = [&each](std::string_view data) { each.transport().write(data); };
  });
  REQUIRE(pair.transport().accepted());
  // More than all the buffers of the kernel hold.
  const std::string piece(64 * 1024, 'x');
  std::size_t sent = 0;
  std::size_t most = 0;
  for (int quiet = 0; quiet < 20;) {
    const ssize_t some = ::send(pair.peer.fd(), piece.data(), piece.size(), MSG_DONTWAIT);
    quiet = some > 0 ? 0 : quiet + 1;
    sent += some > 0 ? static_cast<std::size_t>(some) : 0;
    world.settle();
    most = std::max(most, pair.transport().pending());
    REQUIRE(sent < std::size_t{512} * 1024 * 1024);
  }
  CHECK(most > kLimit);
  CHECK(most <= kLimit + piece.size());
  CHECK(pair.peerReads(sent).size() == sent);  // and nothing is lost
}

TEST_CASE("a connection that we made is read while its output waits") {
  EVERY_POLLER;
  Record& client = world.record();
  const auto port = world.reactor.listenTCP(0,
                                            recorderFactory(world.record(),
                                                            [](Recorder& each) {
                                                              each.onMade = [&each] {
                                                                each.transport().pauseProducing();
                                                                each.transport().write("answer");
                                                              };
                                                            }),
                                            {.interface = "127.0.0.1"});
  auto connecting = world.reactor.connectTCP(
      "127.0.0.1", port.port(), recorderFactory(client, [](Recorder& each) {
        each.onMade = [&each] { each.transport().write(std::string(64 << 20, 'q')); };
      }));
  REQUIRE(world.until([&] { return client.received == "answer"; }));
  CHECK_FALSE(client.protocol->transport().accepted());
  CHECK(client.protocol->transport().pending() > kLimit);
}

TEST_CASE("taken() tells what the peer has read, though pending() stands still") {
  EVERY_POLLER;
  Pair pair(world);
  pair.transport().write(std::string(64 << 20, 'x'));
  world.settle();
  world.settle();
  const std::uint64_t before = pair.transport().taken();
  CHECK(pair.transport().pending() > 0);
  std::vector<char> some(1 << 20);
  REQUIRE(world.until([&] {
    ::recv(pair.peer.fd(), some.data(), some.size(), MSG_DONTWAIT);
    return pair.transport().taken() > before;
  }));
}

TEST_CASE("taken() tells in connectionLost what the peer had taken, however it went") {
  EVERY_POLLER;
  const bool closes = GENERATE(true, false);
  std::uint64_t last = 0;
  Pair pair(world, [&last](Recorder& each) {
    each.onLost = [&last, &each] { last = each.transport().taken(); };
  });
  pair.transport().write("hello");
  REQUIRE(pair.peerReads(5) == "hello");
  REQUIRE(world.until([&] { return pair.transport().taken() == 5; }));
  closes ? pair.peer.close() : pair.peer.reset();
  pair.transport().write("too late");
  REQUIRE(world.until([&] { return pair.record.over; }));
  CHECK(last == 5);
}

TEST_CASE("taken() tells over UNIX sockets, too, what the peer had taken in the end") {
  EVERY_POLLER;
  const TemporaryDirectory directory;
  Record& record = world.record();
  std::uint64_t last = 0;
  auto port = world.reactor.listenUNIX(
      directory / "socket", recorderFactory(record, [&last](Recorder& each) {
        each.onLost = [&last, &each] { last = each.transport().taken(); };
      }));
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  (directory / "socket").copy(at.sun_path, sizeof at.sun_path - 1);
  UniqueFd peer(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::connect(peer.get(), reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
  REQUIRE(world.until([&] { return record.made(); }));
  Transport& transport = record.protocol->transport();
  transport.write("hello");
  char buffer[16];
  REQUIRE(
      world.until([&] { return ::recv(peer.get(), buffer, sizeof buffer, MSG_DONTWAIT) == 5; }));
  CHECK(transport.taken() == 5);
  peer.reset();
  transport.write("too late");
  REQUIRE(world.until([&] { return record.over; }));
  CHECK(last == 5);
  port.stopListening();
}

}  // namespace
}  // namespace ropewalk
