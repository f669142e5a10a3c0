// The factories of servers/wire and the clients of clients/wire, over real sockets.
#include <string>

#include "ropewalk/clients/wire/wire.h"
#include "ropewalk/core/net/listening_port.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/core/testing/accumulating_protocol.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "ropewalk/servers/wire/wire.h"
#include "tests/catch.h"

using namespace ropewalk;

namespace {

constexpr const char* kHost = "127.0.0.1";

struct Served {
  explicit Served(std::shared_ptr<Factory> factory)
      : port(reactor.listenTCP(0, std::move(factory), {.interface = kHost}).port()) {}

  /// Runs the reactor until the Deferred has its result.
  template <class T>
  Deferred<T> wait(Deferred<T> deferred) {
    deferred.addTimeout(10s, reactor);
    while (!deferred.ready()) reactor.iterate(1s);
    return deferred;
  }

  Reactor reactor;
  std::uint16_t port;
};

}  // namespace

TEST_CASE("echo: a client gets back what it sent, also when that is more than any buffer holds") {
  Served served(wire::echo());
  std::string data;
  for (int i = 0; data.size() < 3'000'000; ++i) data += std::to_string(i) + ' ';
  auto echoed = served.wait(wire::fetchEcho(served.reactor, kHost, data, served.port));
  CHECK(testing::successResultOf(echoed) == data);
}

TEST_CASE("discard: a client knows when all was taken") {
  Served served(wire::discard());
  auto done = served.wait(
      wire::sendToDiscard(served.reactor, kHost, std::string(1'000'000, 'x'), served.port));
  testing::successResultOf(done);
}

TEST_CASE("chargen: a client takes what it wants of an endless stream") {
  Served served(wire::chargen());
  auto characters =
      served.wait(wire::fetchCharacters(served.reactor, kHost, 1'000'000, served.port));
  const std::string text = testing::successResultOf(characters);
  CHECK(text.size() == 1'000'000);
  CHECK(text.starts_with(" !\"#$%"));
}

TEST_CASE("chargen: a peer that never reads stops it; the connection idles") {
  Served served(wire::chargen());
  struct Deaf : testing::AccumulatingProtocol {
    void connectionMade() override { transport().pauseProducing(); }
  };
  auto connected = served.wait(served.reactor.connectTCP(kHost, served.port, factoryFor<Deaf>()));
  const Handle<Protocol> client = testing::successResultOf(connected);
  // The kernel's buffers fill up in a bounded number of turns; then a turn finds nothing to do, and
  // waits.
  Duration waited{};
  for (int turn = 0; turn < 10'000 && waited < 20ms; ++turn) {
    const TimePoint before = std::chrono::steady_clock::now();
    served.reactor.iterate(20ms);
    waited = std::chrono::steady_clock::now() - before;
  }
  CHECK(waited >= 20ms);
  CHECK(client);
}

TEST_CASE("quote of the day: each in turn") {
  Served served(wire::qotd({"one", "two"}));
  for (const std::string expected : {"one", "two", "one"}) {
    auto quote = served.wait(wire::fetchQuote(served.reactor, kHost, served.port));
    CHECK(testing::successResultOf(quote) == expected);
  }
  CHECK_THROWS_AS(wire::qotd(std::vector<std::string>{}), std::invalid_argument);
}

TEST_CASE("daytime: the time in words") {
  Served served(wire::daytime([] { return Timestamp::fromUnix(0ms); }));
  auto words = served.wait(wire::fetchDaytime(served.reactor, kHost, served.port));
  CHECK(testing::successResultOf(words) == "Thursday, January 1, 1970 00:00:00-UTC");
}

TEST_CASE("time: now, to the second") {
  Served served(wire::time());
  auto time = served.wait(wire::fetchTime(served.reactor, kHost, served.port));
  const std::int64_t seconds = testing::successResultOf(time).unixSeconds();
  CHECK(seconds <= now().unixSeconds());
  CHECK(seconds >= now().unixSeconds() - 10);
}

TEST_CASE("finger: text from a plain function, and from one that takes its time") {
  Served plain(
      wire::finger([](const wire::FingerQuery& query) { return "plan of " + query.user; }));
  auto answer =
      plain.wait(wire::finger(plain.reactor, kHost, wire::FingerQuery("ada"), plain.port));
  CHECK(testing::successResultOf(answer) == "plan of ada\r\n");

  Served slow(
      wire::finger([](wire::FingerQuery query) { return succeed(query.user + " sleeps"); }));
  auto later = slow.wait(wire::finger(slow.reactor, kHost, wire::FingerQuery("bob"), slow.port));
  CHECK(testing::successResultOf(later) == "bob sleeps\r\n");
}

TEST_CASE("a client of a server that closes too early fails with ConnectionDone") {
  Served served(wire::qotd([] { return std::string("x"); }));
  auto time = served.wait(wire::fetchTime(served.reactor, kHost, served.port));
  testing::failureResultOf<ConnectionDone>(time);
}

TEST_CASE("a client of nobody fails with a ConnectError") {
  Served served(wire::echo());
  auto refused = served.wait(wire::fetchTime(served.reactor, kHost, 1));
  testing::failureResultOf<ConnectError>(refused);
}

TEST_CASE("a bad finger query connects to nobody") {
  Served served(wire::echo());
  auto bad = wire::finger(served.reactor, kHost, wire::FingerQuery("a\nb"), served.port);
  testing::failureResultOf<std::invalid_argument>(bad);
}

TEST_CASE("cancelling a client closes its connection") {
  Served served(wire::chargen());
  auto characters = wire::fetchCharacters(served.reactor, kHost, SIZE_MAX, served.port);
  while (served.reactor.connections() < 2) served.reactor.iterate(1s);
  characters.cancel();
  while (served.reactor.connections() > 0) served.reactor.iterate(1s);
  testing::failureResultOf<CancelledError>(characters);
}
