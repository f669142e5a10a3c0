// Every policy over real sockets, on every poller; and all of them together, in any order.
#include "ropewalk/core/service/policies/policies.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "tests/core/net/world.h"

namespace ropewalk {

namespace {

const ListenOptions kLoopback{.interface = "127.0.0.1"};

std::shared_ptr<Factory> echo(Record& record) {
  return recorderFactory(record, [](Recorder& recorder) {
    recorder.onData = [&recorder](std::string_view data) { recorder.transport().write(data); };
  });
}

/// What the client gets, until it has so much or the stream has ended.
std::string read(World& world, Client& client, std::size_t size) {
  std::string all;
  world.until([&] {
    all += client.take();
    return all.size() >= size || client.ended() || client.error() != 0;
  });
  return all;
}

}  // namespace

TEST_CASE("limitConnections: over sockets, on every poller") {
  EVERY_POLLER;
  const auto limited = limitConnections(echo(world.record()), {.total = 2, .perPeer = 1});
  const ListeningPort port = world.reactor.listenTCP(0, limited, kLoopback);
  Client first(port.port());
  first.send("hello");
  CHECK(read(world, first, 5) == "hello");
  Client second(port.port());
  read(world, second, 1);
  CHECK((second.ended() || second.error() != 0));
  first.close();
  CHECK(world.until([&] { return limited->connections() == 0; }));
  Client third(port.port());
  third.send("again");
  CHECK(read(world, third, 5) == "again");
}

TEST_CASE("withTimeout: over sockets, on every poller") {
  EVERY_POLLER;
  Record& record = world.record();
  const ListeningPort port = world.reactor.listenTCP(0, withTimeout(echo(record), 30ms), kLoopback);
  Client client(port.port());
  client.send("x");
  CHECK(read(world, client, 1) == "x");
  CHECK(read(world, client, 1).empty());
  CHECK(client.ended());
  CHECK(record.lostKind == "ConnectionDone");
}

TEST_CASE("throttle: over sockets, on every poller: at the rate, and whole") {
  EVERY_POLLER;
  constexpr std::size_t kRate = 2'000'000;
  constexpr std::size_t kSize = 600'000;
  const auto slow =
      throttle(echo(world.record()),
               {.readBytesPerSecond = kRate, .writeBytesPerSecond = kRate, .burst = 100ms});
  const ListeningPort port = world.reactor.listenTCP(0, slow, kLoopback);
  Client client(port.port());
  const auto start = std::chrono::steady_clock::now();
  client.send(std::string(50'000, 'a'));
  std::string all = read(world, client, 50'000);
  for (int i = 1; i < 12; ++i) {
    client.send(std::string(50'000, static_cast<char>('a' + i)));
    all += read(world, client, 50'000);
  }
  REQUIRE(all.size() == kSize);
  CHECK(std::is_sorted(all.begin(), all.end()));
  // 200,000 may go at once; what is left takes its time.
  CHECK(std::chrono::steady_clock::now() - start >= 190ms);
}

TEST_CASE("throttle: a file, and the end of the connection behind it, on every poller") {
  EVERY_POLLER;
  const std::string content(150'000, 'f');
  std::FILE* const file = std::tmpfile();
  std::fputs(content.c_str(), file);
  std::fflush(file);
  const auto shared = std::make_shared<UniqueFd>(::dup(::fileno(file)));
  std::fclose(file);
  const auto sending = recorderFactory(world.record(), [&](Recorder& recorder) {
    recorder.onMade = [&recorder, shared] {
      recorder.transport().writeFile(shared, 0, 150'000);
      recorder.transport().loseConnection();
    };
  });
  const auto slow = throttle(sending, {.writeBytesPerSecond = 1'000'000, .burst = 50ms});
  const ListeningPort port = world.reactor.listenTCP(0, slow, kLoopback);
  Client client(port.port());
  CHECK(read(world, client, 1'000'000) == content);
  CHECK(client.ended());
}

TEST_CASE("logTraffic: over sockets, on every poller") {
  EVERY_POLLER;
  std::vector<std::string> lines;
  const auto logged =
      logTraffic(echo(world.record()), [&](std::string_view line) { lines.emplace_back(line); });
  const ListeningPort port = world.reactor.listenTCP(0, logged, kLoopback);
  Client client(port.port());
  client.send("hi");
  CHECK(read(world, client, 2) == "hi");
  client.close();
  REQUIRE(world.until([&] { return lines.size() >= 5; }));
  CHECK(lines[1].ends_with("received 2 bytes \"hi\""));
  CHECK(lines[2].ends_with("sent 2 bytes \"hi\""));
  CHECK(lines[3].ends_with("read lost"));
}

TEST_CASE("policies compose in any order") {
  const std::vector<int> orders{0, 1, 2, 3};
  const int first = GENERATE_COPY(from_range(orders));
  World world("poll");
  Record& record = world.record();
  int lines = 0;
  std::shared_ptr<Factory> factory = echo(record);
  for (int i = 0; i < 4; ++i) {
    switch ((first + i) % 4) {
      case 0:
        factory = limitConnections(factory, {.total = 1});
        break;
      case 1:
        factory = withTimeout(factory, 40ms);
        break;
      case 2:
        factory = throttle(factory,
                           {.readBytesPerSecond = 50'000'000, .writeBytesPerSecond = 50'000'000});
        break;
      default:
        factory = logTraffic(factory, [&](std::string_view) { ++lines; });
    }
  }
  ListeningPort port = world.reactor.listenTCP(0, factory, kLoopback);
  Client client(port.port());
  client.send("hello");
  CHECK(read(world, client, 5) == "hello");
  CHECK(read(world, client, 1).empty());  // idle
  CHECK(client.ended());
  CHECK(record.lostKind == "ConnectionDone");
  CHECK(lines >= 4);
}

}  // namespace ropewalk
