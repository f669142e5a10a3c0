// Listening and connecting on every poller: S-13 in its C++ sense, UNIX sockets, descriptors
// running out.
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>

#include "tests/core/net/world.h"

namespace ropewalk {

namespace {

/// A directory that goes with the test.
struct TemporaryDirectory {
  TemporaryDirectory() {
    char name[] = "/tmp/ropewalk_test_XXXXXX";
    path = ::mkdtemp(name);
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path); }
  std::string path;
};

/// The failure that a connection attempt ends with.
Failure failureOf(World& world, Deferred<Handle<Protocol>> attempt) {
  REQUIRE(world.until([&] { return attempt.ready(); }));
  const Result<Handle<Protocol>> result = std::move(attempt).takeResult();
  REQUIRE_FALSE(result.ok());
  return result.failure();
}

/// A port on which nobody listens.
std::uint16_t freePort(World& world) {
  ListeningPort port =
      world.reactor.listenTCP(0, recorderFactory(world.record()), {.interface = "127.0.0.1"});
  const std::uint16_t number = port.port();
  port.stopListening();
  world.settle();
  return number;
}

}  // namespace

TEST_CASE("connectTCP fires after connectionMade, with the protocol of the factory") {
  EVERY_POLLER;
  Record& server = world.record();
  Record& client = world.record();
  auto port = world.reactor.listenTCP(0, recorderFactory(server), {.interface = "127.0.0.1"});
  auto connecting = world.reactor.connectTCP("127.0.0.1", port.port(), recorderFactory(client));
  Protocol* given = nullptr;
  connecting.addCallback([&](Handle<Protocol>& handle) {
    CHECK(client.made());
    given = handle.get();
  });
  REQUIRE(world.until([&] { return given != nullptr && server.made(); }));
  CHECK(given == client.protocol);
  client.protocol->transport().write("hello");
  CHECK(world.until([&] { return server.received == "hello"; }));
  CHECK(server.protocol->transport().getPeer() == client.protocol->transport().getHost());
}

TEST_CASE("S-13: a refused connection is a ConnectionRefusedError that says where") {
  EVERY_POLLER;
  const std::uint16_t port = freePort(world);
  const Failure why = failureOf(
      world, world.reactor.connectTCP("127.0.0.1", port, recorderFactory(world.record())));
  CHECK(why.check<ConnectionRefusedError>());
  CHECK(why.getErrorMessage() ==
        format("cannot connect to 127.0.0.1:{}: connection refused", port));
}

TEST_CASE("S-13: cancelling stops the attempt; the factory is stopped again") {
  EVERY_POLLER;
  auto factory = recorderFactory(world.record());
  // A full backlog on loopback: the kernel answers nothing.
  const UniqueFd deaf(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  REQUIRE(::bind(deaf.get(), reinterpret_cast<sockaddr*>(&at), size) == 0);
  REQUIRE(::listen(deaf.get(), 0) == 0);
  ::getsockname(deaf.get(), reinterpret_cast<sockaddr*>(&at), &size);
  const Client fills(ntohs(at.sin_port));
  auto attempt = world.reactor.connectTCP("127.0.0.1", ntohs(at.sin_port), factory);
  auto limited = world.reactor.connectTCP("127.0.0.1", ntohs(at.sin_port), factory,
                                          ConnectOptions().timeout(30ms));
  auto timed = world.reactor.connectTCP("127.0.0.1", ntohs(at.sin_port), factory)
                   .addTimeout(30ms, world.reactor);
  CHECK(factory->numPorts() >= 1);
  attempt.cancel();
  CHECK(failureOf(world, std::move(attempt)).check<ConnectingCancelledError>());
  CHECK(failureOf(world, std::move(limited)).check<ConnectTimeoutError>());
  CHECK(failureOf(world, std::move(timed)).check<TimeoutError>());  // D-24
  CHECK(factory->numPorts() == 0);
}

TEST_CASE("S-13: a factory without a protocol for it fails the attempt") {
  EVERY_POLLER;
  auto port =
      world.reactor.listenTCP(0, recorderFactory(world.record()), {.interface = "127.0.0.1"});
  auto none = factoryOf([](const Address&) { return std::unique_ptr<Protocol>(); });
  CHECK(failureOf(world, world.reactor.connectTCP("127.0.0.1", port.port(), none))
            .check<NoProtocol>());
}

TEST_CASE("a literal resolves nothing; a name goes through the resolver") {
  EVERY_POLLER;
  struct Names final : HostResolver {
    Deferred<std::vector<Address>> resolve(std::string name, std::uint16_t port) override {
      asked = name;
      return succeed(std::vector<Address>{Address::IPv4("127.0.0.1", port)});
    }
    std::string asked;
  };
  auto resolver = std::make_unique<Names>();
  Names& names = *resolver;
  world.reactor.installNameResolver(std::move(resolver));
  Record& client = world.record();
  auto port =
      world.reactor.listenTCP(0, recorderFactory(world.record()), {.interface = "127.0.0.1"});
  auto literal =
      world.reactor.connectTCP("127.0.0.1", port.port(), recorderFactory(world.record()));
  REQUIRE(world.until([&] { return literal.ready(); }));
  CHECK(names.asked.empty());
  auto named = world.reactor.connectTCP("db.example", port.port(), recorderFactory(client));
  REQUIRE(world.until([&] { return client.made(); }));
  CHECK(names.asked == "db.example");
}

TEST_CASE("one port serves IPv6 and IPv4") {
  EVERY_POLLER;
  Record& server = world.record();
  auto port = world.reactor.listenTCP(0, recorderFactory(server));
  auto six = world.reactor.connectTCP("::1", port.port(), recorderFactory(world.record()));
  REQUIRE(world.until([&] { return server.made(); }));
  CHECK(server.protocol->transport().getPeer().host == "::1");
  Record& again = world.record();
  auto second = world.reactor.listenTCP(0, recorderFactory(again));
  const Client four(second.port());
  REQUIRE(world.until([&] { return again.made(); }));
  CHECK(again.protocol->transport().getPeer().host == "127.0.0.1");
}

TEST_CASE(
    "listening where somebody listens is a CannotListenError that says where and what to do") {
  EVERY_POLLER;
  auto port =
      world.reactor.listenTCP(0, recorderFactory(world.record()), {.interface = "127.0.0.1"});
  const auto again = [&] {
    world.reactor.listenTCP(port.port(), recorderFactory(world.record()),
                            {.interface = "127.0.0.1"});
  };
  CHECK_THROWS_AS(again(), CannotListenError);
  CHECK_THROWS_WITH(again(),
                    Catch::Matchers::Contains(toText(port.getHost())) &&
                        Catch::Matchers::Contains(
                            "; this process listens there: stop it, or choose another port"));
  CHECK_THROWS_AS(
      world.reactor.listenTCP(0, recorderFactory(world.record()), {.interface = "not an address"}),
      CannotListenError);
}

TEST_CASE("with reusePort two reactors share a port") {
  EVERY_POLLER;
  World other("poll");
  auto port = world.reactor.listenTCP(0, recorderFactory(world.record()),
                                      {.interface = "127.0.0.1", .reusePort = true});
  CHECK_NOTHROW(other.reactor.listenTCP(port.port(), recorderFactory(other.record()),
                                        {.interface = "127.0.0.1", .reusePort = true}));
}

TEST_CASE("UNIX: listens with the mode asked for, connects, and removes the file") {
  EVERY_POLLER;
  const TemporaryDirectory directory;
  const std::string path = directory.path + "/socket";
  Record& server = world.record();
  auto port = world.reactor.listenUNIX(path, recorderFactory(server), {.mode = 0600});
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  auto connecting = world.reactor.connectUNIX(path, recorderFactory(world.record()));
  REQUIRE(world.until([&] { return server.made() && connecting.ready(); }));
  CHECK(toText(port.getHost()) == "unix:" + path);
  port.stopListening();
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a factory that is null is refused, not called") {
  EVERY_POLLER;
  CHECK_THROWS_AS(world.reactor.listenTCP(0, nullptr), std::invalid_argument);
  auto connecting = world.reactor.connectTCP("127.0.0.1", 1, nullptr);
  REQUIRE(world.until([&] { return connecting.ready(); }));
  CHECK(std::move(connecting).takeResult().failure().check<std::invalid_argument>() != nullptr);
  CHECK_THROWS_AS(world.reactor.listenUDP(0, nullptr), std::invalid_argument);
}

TEST_CASE("UNIX: a port that ends leaves the file of its successor alone") {
  EVERY_POLLER;
  const TemporaryDirectory directory;
  const std::string path = directory.path + "/socket";
  auto older = world.reactor.listenUNIX(path, recorderFactory(world.record()));
  std::filesystem::remove(path);  // as a server does that takes over
  auto newer = world.reactor.listenUNIX(path, recorderFactory(world.record()));
  older.stopListening();
  CHECK(std::filesystem::exists(path));
  newer.stopListening();
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("UNIX: a socket that a dead process left is replaced, a live one and a file are not") {
  EVERY_POLLER;
  const TemporaryDirectory directory;
  const std::string path = directory.path + "/socket";
  const auto leave = [&] {  // binds and goes, without removing the file
    const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    path.copy(at.sun_path, sizeof at.sun_path - 1);
    REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
    REQUIRE(::listen(socket.get(), 1) == 0);
  };
  leave();
  auto port = world.reactor.listenUNIX(path, recorderFactory(world.record()));
  CHECK(port.listening());
  CHECK_THROWS_AS(world.reactor.listenUNIX(path, recorderFactory(world.record())),
                  CannotListenError);
  const std::string file = directory.path + "/file";
  UniqueFd(::open(file.c_str(), O_CREAT | O_WRONLY, 0600));
  CHECK_THROWS_WITH(world.reactor.listenUNIX(file, recorderFactory(world.record())),
                    Catch::Matchers::EndsWith(
                        "a file that is no socket is there: remove it, or choose another path"));
  CHECK(std::filesystem::exists(file));
  CHECK_THROWS_AS(world.reactor.listenUNIX(std::string(200, 'x'), recorderFactory(world.record())),
                  InvalidAddressError);
}

TEST_CASE("UNIX: abstract names work and leave no file") {
  EVERY_POLLER;
  const std::string name = format("@ropewalk-test-{}-{}", ::getpid(), world.reactor.name());
  Record& server = world.record();
  auto port = world.reactor.listenUNIX(name, recorderFactory(server));
  auto connecting = world.reactor.connectUNIX(name, recorderFactory(world.record()));
  REQUIRE(world.until([&] { return server.made() && connecting.ready(); }));
  CHECK(port.getHost().host == name);
}

TEST_CASE("UNIX: a path that is not there is a BadFileError") {
  EVERY_POLLER;
  CHECK(failureOf(world,
                  world.reactor.connectUNIX("/nowhere/at/all", recorderFactory(world.record())))
            .check<BadFileError>());
}

TEST_CASE(
    "out of descriptors nothing spins, nothing is lost, and accepting goes on once there are "
    "some") {
  EVERY_POLLER;
  log::testing::Captured captured;
  Record& served = world.record();
  auto port = world.reactor.listenTCP(0, recorderFactory(served), {.interface = "127.0.0.1"});
  Client waiting(port.port());  // in the kernel's queue
  waiting.send("patient");
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const int used = UniqueFd(::dup(0)).get();
  const rlimit none{.rlim_cur = static_cast<rlim_t>(used), .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &none);
  int turns = 0;
  const auto end = std::chrono::steady_clock::now() + 250ms;
  while (std::chrono::steady_clock::now() < end) {
    world.reactor.iterate(50ms);
    ++turns;
  }
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK(turns < 30);
  CHECK_FALSE(served.made());
  CHECK(world.until([&] { return served.received == "patient"; }));
  CHECK(captured.contains(log::Level::warn, "cannot accept"));
  CHECK(captured.count(log::Level::warn) == 1);  // not each time that it looks again
}

TEST_CASE("select refuses descriptors that it cannot watch, with a clear error") {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < FD_SETSIZE + 100) return;  // this machine allows no such descriptor
  const rlimit before = limit;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  {
    World world("select");
    const UniqueFd high(::fcntl(0, F_DUPFD_CLOEXEC, FD_SETSIZE));
    CHECK_THROWS_WITH(world.reactor.addReader(high.get(), [] {}),
                      Catch::Matchers::Contains("select"));
  }
  ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST_CASE("an adopted pair of pipes is one stream") {
  EVERY_POLLER;
  int in[2];
  int out[2];
  REQUIRE(::pipe2(in, O_CLOEXEC) == 0);
  REQUIRE(::pipe2(out, O_CLOEXEC) == 0);
  Record& record = world.record();
  world.reactor.adoptStreamConnection(UniqueFd(in[0]), std::make_unique<Recorder>(record),
                                      UniqueFd(out[1]));
  const UniqueFd reader(out[0]);
  UniqueFd writer(in[1]);
  REQUIRE(::write(writer.get(), "in", 2) == 2);
  REQUIRE(world.until([&] { return record.received == "in"; }));
  record.protocol->transport().write("out");
  world.settle();
  char got[8];
  CHECK(::read(reader.get(), got, sizeof got) == 3);
  writer.reset();
  CHECK(world.until([&] { return record.over; }));
}

TEST_CASE("writing into a pipe that nobody reads ends the stream, not the process") {
  EVERY_POLLER;
  int in[2];
  int out[2];
  REQUIRE(::pipe2(in, O_CLOEXEC) == 0);
  REQUIRE(::pipe2(out, O_CLOEXEC) == 0);
  Record& record = world.record();
  world.reactor.adoptStreamConnection(UniqueFd(in[0]), std::make_unique<Recorder>(record),
                                      UniqueFd(out[1]));
  const UniqueFd writer(in[1]);
  ::close(out[0]);
  record.protocol->transport().write("anybody?");
  REQUIRE(world.until([&] { return record.over; }));
  CHECK(record.lostKind == "OutputReaderGone");
}

}  // namespace ropewalk
