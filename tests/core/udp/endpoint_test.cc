// Datagrams by other ways: UNIX sockets, endpoint strings, one factory for streams and datagrams;
// the send buffer that is full.

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>

#include "ropewalk/core/net/endpoint.h"
#include "tests/core/udp/datagrams.h"

using namespace ropewalk;

namespace {

using Strings = std::vector<std::string>;

/// A folder for sockets, removed with what is left in it.
struct Folder {
  Folder() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  ~Folder() {
    for (const char* name : {"a", "b", "c"}) ::unlink(file(name).c_str());
    ::rmdir(path.c_str());
  }
  [[nodiscard]] std::string file(const std::string& name) const { return path + "/" + name; }
  [[nodiscard]] bool has(const std::string& name) const {
    struct stat status {};
    return ::lstat(file(name).c_str(), &status) == 0;
  }
  std::string path = "/tmp/ropewalk-udp-XXXXXX";
};

/// A factory that speaks both.
struct Both : Factory {
  explicit Both(DatagramRecord& record) : record(record) {}
  std::unique_ptr<Protocol> buildProtocol(const Address&) override { return nullptr; }
  std::unique_ptr<DatagramProtocol> buildDatagramProtocol() override {
    events.emplace_back("build");
    return datagramRecorder(record);
  }
  void startFactory() override { events.emplace_back("start"); }
  void stopFactory() override {
    events.emplace_back("stop");
    CHECK(record.stopped());  // the protocol hears of it first
  }
  DatagramRecord& record;
  Strings events;
};

}  // namespace

TEST_CASE("UNIX datagrams: there and back, the socket's file gone at the end") {
  EVERY_POLLER;
  const Folder folder;
  DatagramRecord client;
  auto port =
      world.reactor.listenUNIXDatagram(folder.file("a"), std::make_unique<Echo>(), {.mode = 0600});
  CHECK(port.getHost() == Address::UNIX(folder.file("a")));
  struct stat status {};
  REQUIRE(::lstat(folder.file("a").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0600U);

  auto connected = world.reactor.connectUNIXDatagram(folder.file("a"), datagramRecorder(client));
  client.transport().write("hello");
  client.transport().write("");
  REQUIRE(world.until([&] { return client.received.size() == 2; }));
  CHECK(client.received == Strings{"hello", ""});
  CHECK(client.senders.front() == Address::UNIX(folder.file("a")));
  CHECK(connected.getHost().host.starts_with('@'));  // a name to answer to

  auto stopped = port.stopListening();
  REQUIRE(world.until([&] { return stopped.ready(); }));
  CHECK_FALSE(folder.has("a"));
  client.transport().write("anybody?");
  REQUIRE(world.until([&] { return client.events.back() == "refused"; }));
  CHECK(client.transport().counts().dropped == 1);
}

TEST_CASE("UNIX datagrams: a client may have a path of its own") {
  EVERY_POLLER;
  const Folder folder;
  DatagramRecord server;
  DatagramRecord client;
  world.reactor.listenUNIXDatagram(folder.file("a"), datagramRecorder(server));
  {
    auto connected = world.reactor.connectUNIXDatagram(folder.file("a"), datagramRecorder(client),
                                                       {.bindPath = folder.file("b")});
    client.transport().write("x");
    REQUIRE(world.until([&] { return !server.received.empty(); }));
    CHECK(server.senders.front() == Address::UNIX(folder.file("b")));
    auto stopped = connected.stopListening();
    REQUIRE(world.until([&] { return stopped.ready(); }));
  }
  CHECK_FALSE(folder.has("b"));
}

TEST_CASE("UNIX datagrams: who has no name cannot be answered, and is known by that") {
  EVERY_POLLER;
  const Folder folder;
  bool known = true;
  DatagramRecord record;
  world.reactor.listenUNIXDatagram(folder.file("a"),
                                   datagramRecorder(record, [&](DatagramRecorder& protocol) {
                                     protocol.onDatagram = [&](const Datagram& datagram) {
                                       known = datagram.peer.known();
                                       protocol.transport().write("to nobody", datagram.peer);
                                     };
                                   }));
  const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto name = detail::SocketAddress::from(Address::UNIX(folder.file("a")));
  REQUIRE(::sendto(socket.get(), "x", 1, 0, name.get(), name.length) == 1);
  REQUIRE(world.until([&] { return record.received.size() == 1; }));
  CHECK_FALSE(known);
  CHECK(record.senders.front() == Address());
  CHECK(record.transport().counts().dropped == 1);
}

TEST_CASE("UNIX datagrams: a socket left behind is replaced, one in use is not, nor a file") {
  World world("poll");
  const Folder folder;
  {
    const UniqueFd dead(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto name = detail::SocketAddress::from(Address::UNIX(folder.file("a")));
    REQUIRE(::bind(dead.get(), name.get(), name.length) == 0);
  }
  REQUIRE(folder.has("a"));
  const auto listen = [&](const char* name) {
    return world.reactor.listenUNIXDatagram(folder.file(name), std::make_unique<Echo>());
  };
  listen("a");
  CHECK_THROWS_AS(listen("a"), CannotListenError);
  CHECK(folder.has("a"));
  std::fclose(std::fopen(folder.file("b").c_str(), "w"));
  CHECK_THROWS_AS(listen("b"), CannotListenError);
  CHECK(folder.has("b"));
  CHECK_THROWS_AS(world.reactor.connectUNIXDatagram(folder.file("c"), std::make_unique<Echo>()),
                  BadFileError);
  CHECK_THROWS_AS(world.reactor.connectUNIXDatagram(folder.file("c"), std::make_unique<Echo>(),
                                                    {.bindPath = folder.file("c") + "x"}),
                  BadFileError);
  CHECK_FALSE(folder.has("cx"));  // its own file is gone, too
}

TEST_CASE("a full send buffer: what is written waits for room, past 1 MiB it is dropped") {
  EVERY_POLLER;
  const Folder folder;
  // A UNIX socket's peer that does not read makes the sender wait; a UDP one never does.
  const UniqueFd reader(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const auto name = detail::SocketAddress::from(Address::UNIX(folder.file("a")));
  REQUIRE(::bind(reader.get(), name.get(), name.length) == 0);
  DatagramRecord record;
  world.reactor.connectUNIXDatagram(folder.file("a"), datagramRecorder(record));
  DatagramTransport& transport = record.transport();
  constexpr int kWritten = 1500;
  for (int i = 0; i < kWritten; ++i) {
    transport.write(std::to_string(i) + std::string(1000, ' '));
    if (i % 100 == 0) world.reactor.iterate();
  }
  world.settle();
  const DatagramCounts counts = transport.counts();
  CHECK(counts.sent > 0);
  CHECK(counts.dropped > 0);
  const std::uint64_t waiting = kWritten - counts.sent - counts.dropped;
  CHECK(waiting * 1000 <= 1024 * 1024);
  CHECK(waiting * 1100 >= 1024 * 1024 - 2000);

  std::vector<int> got;
  std::vector<char> buffer(4096);
  REQUIRE(world.until([&] {
    while (::recv(reader.get(), buffer.data(), buffer.size(), 0) > 0)
      got.push_back(std::atoi(buffer.data()));
    return got.size() == counts.sent + waiting;
  }));
  CHECK(std::is_sorted(got.begin(), got.end()));
  CHECK(transport.counts().dropped == counts.dropped);
  transport.write("again");  // the port is not stuck
  world.settle();
  CHECK(transport.counts().sent == counts.sent + waiting + 1);
}

TEST_CASE("a UNIX peer that does not read does not keep the others waiting") {
  EVERY_POLLER;
  const Folder folder;
  DatagramRecord server;
  DatagramRecord client;
  world.reactor.listenUNIXDatagram(folder.file("a"), datagramRecorder(server));
  const UniqueFd stuck(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const auto name = detail::SocketAddress::from(Address::UNIX(folder.file("b")));
  REQUIRE(::bind(stuck.get(), name.get(), name.length) == 0);
  auto connected = world.reactor.connectUNIXDatagram(folder.file("a"), datagramRecorder(client));
  for (int i = 0; i < 2000; ++i) server.transport().write("x", Address::UNIX(folder.file("b")));
  server.transport().write("hello", connected.getHost());
  REQUIRE(world.until([&] { return !client.received.empty(); }));
  CHECK(server.transport().counts().dropped > 0);
}

TEST_CASE("listen(udp://): the factory's datagram protocol, started and stopped with it") {
  EVERY_POLLER;
  DatagramRecord record;
  auto factory = std::make_shared<Both>(record);
  auto listening = listen(world.reactor, "udp://127.0.0.1:0?max=100&rcvbuf=65536", factory);
  REQUIRE(listening.ready());
  auto port = *std::move(listening).takeResult();
  CHECK(factory->events == Strings{"build", "start"});
  const Peer peer;
  REQUIRE(peer.send("x", port.getHost()));
  REQUIRE(peer.send(std::string(101, 'y'), port.getHost()));
  REQUIRE(world.until([&] { return record.truncated.size() == 2; }));
  CHECK(record.truncated == std::vector<bool>{false, true});
  auto stopped = port.stopListening();
  REQUIRE(world.until([&] { return stopped.ready(); }));
  CHECK(factory->events == Strings{"build", "start", "stop"});
}

TEST_CASE("listen(udp://): groups, sharing, errors") {
  EVERY_POLLER;
  const auto factory = datagramFactoryFor<Echo>();
  const auto works = [&](std::string_view endpoint) {
    auto listening = listen(world.reactor, endpoint, factory);
    REQUIRE(listening.ready());
    auto result = std::move(listening).takeResult();
    INFO(endpoint << ": " << (result.ok() ? "" : result.failure().getErrorMessage()));
    REQUIRE(result.ok());
    return result->port();
  };
  const auto fails = [&](std::string_view endpoint) {
    auto listening = listen(world.reactor, endpoint, factory);
    REQUIRE(listening.ready());
    auto result = std::move(listening).takeResult();
    REQUIRE_FALSE(result.ok());
    return result.failure().getErrorMessage();
  };
  works("udp://:0");
  works("udp://[::1]:0");
  works("udp://localhost:0?broadcast=1");
  works("udp://:0?interface=127.0.0.1");
  const auto port = works("udp://0.0.0.0:0?reuseaddr&join=239.193.7.8%25lo,239.193.7.9%25lo");
  works(format("udp://0.0.0.0:{}?reuseaddr&join=239.193.7.8&interface=lo", port));
  works(format("udp://:{}?reuseport", works("udp://:0?reuseport")));
  CHECK_THAT(fails("udp://:0?backlog=3"), Catch::Contains("has no parameter 'backlog'"));
  CHECK_THAT(fails("udp://:0?max=70000"), Catch::Contains("'max'"));
  CHECK_THAT(fails("udp://:0?interface=lo"), Catch::Contains("join="));
  CHECK_THAT(fails("udp://somewhere:0"), Catch::Contains("no IP address"));
  CHECK_THAT(fails("udp://:0?join=10.0.0.1"), Catch::Contains("cannot join group 10.0.0.1"));
}

TEST_CASE("listen(udp://) with a factory that speaks streams only says so") {
  World world("poll");
  Record& record = world.record();
  auto listening = listen(world.reactor, "udp://127.0.0.1:0", recorderFactory(record));
  REQUIRE(listening.ready());
  const auto result = std::move(listening).takeResult();
  REQUIRE_FALSE(result.ok());
  CHECK(result.failure().check<CannotListenError>() != nullptr);
  CHECK_THAT(result.failure().getErrorMessage(), Catch::Contains("streams only"));
}

TEST_CASE("a datagram factory refuses streams") {
  CHECK(datagramFactoryFor<Echo>()->buildProtocol(Address()) == nullptr);
}

TEST_CASE("connectDatagram: a literal, a name, a UNIX path") {
  EVERY_POLLER;
  const Folder folder;
  DatagramRecord record;
  auto udp = world.reactor.listenUDP(0, std::make_unique<Echo>(), {.interface = "127.0.0.1"});
  auto unix = listen(world.reactor, "unixgram:" + folder.file("a") + "?mode=600",
                     datagramFactoryFor<Echo>());
  REQUIRE(unix.ready());
  world.reactor.installNameResolver(nullptr);
  for (const std::string& endpoint :
       {format("udp://127.0.0.1:{}", udp.port()),
        format("udp://localhost:{}?bind=127.0.0.1", udp.port()), "unixgram:" + folder.file("a")}) {
    CAPTURE(endpoint);
    DatagramRecord client;
    auto connecting = connectDatagram(world.reactor, endpoint, datagramRecorder(client));
    REQUIRE(world.until([&] { return connecting.ready(); }));
    auto result = std::move(connecting).takeResult();
    REQUIRE(result.ok());
    const Handle<DatagramProtocol> protocol = *result;
    REQUIRE(protocol);
    protocol->transport().write("hello");
    REQUIRE(world.until([&] { return client.received == Strings{"hello"}; }));
    protocol->transport().stopListening();
    REQUIRE(world.until([&] { return !protocol; }));
    REQUIRE(client.stopped());
  }
}

TEST_CASE("connectDatagram: resolving can be cancelled, and errors are failures") {
  EVERY_POLLER;
  struct Never : HostResolver {
    Deferred<std::vector<Address>> resolve(std::string, std::uint16_t) override {
      source.onCancel([this](Source<std::vector<Address>>&) { cancelled = true; });
      return source.deferred();
    }
    Source<std::vector<Address>> source;
    bool cancelled = false;
  };
  auto resolver = std::make_unique<Never>();
  Never& never = *resolver;
  world.reactor.installNameResolver(std::move(resolver));
  DatagramRecord record;
  auto connecting = connectDatagram(world.reactor, "udp://name.test:1", datagramRecorder(record));
  CHECK_FALSE(connecting.ready());
  connecting.cancel();
  REQUIRE(connecting.ready());
  CHECK(std::move(connecting).takeResult().failure().check<ConnectingCancelledError>() != nullptr);
  CHECK(never.cancelled);
  CHECK(record.events.empty());

  const auto why = [&](std::string_view endpoint) {
    auto failing = connectDatagram<Echo>(world.reactor, endpoint);
    REQUIRE(failing.ready());
    return std::move(failing).takeResult().failure().getErrorMessage();
  };
  CHECK_THAT(why("tcp://127.0.0.1:1"), Catch::Contains("no scheme 'tcp' for datagrams"));
  CHECK_THAT(why("udp://127.0.0.1:1?timeout=3"), Catch::Contains("'timeout'"));
  CHECK_THAT(why("unixgram:/no/such/socket"), Catch::Contains("no such file"));
  CHECK_THAT(why("udp://[::1"), Catch::Contains("']'"));
}
