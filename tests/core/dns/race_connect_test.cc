// Happy Eyeballs with scripted attempts and a clock that stands still. RFC 8305, rule E-03.
#include "ropewalk/core/net/stream/detail/race_connect.h"

#include <fcntl.h>
#include <unistd.h>

#include <map>

#include "ropewalk/core/testing/clock.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "tests/catch.h"

namespace ropewalk {

using testing::assertNoResult;
using testing::failureResultOf;
using testing::successResultOf;
using Hosts = std::vector<std::string>;

namespace {

Address address(const std::string& host) {
  return host.find(':') != std::string::npos ? Address::IPv6(host, 80) : Address::IPv4(host, 80);
}

/// Both ends of a pipe: `closed` tells whether somebody still has the one that was given away.
struct Descriptor {
  Descriptor() {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
    readEnd = UniqueFd(ends[0]);
    given = UniqueFd(ends[1]);
  }
  [[nodiscard]] bool closed() const {
    char byte;
    return ::read(readEnd.get(), &byte, 1) == 0;
  }
  UniqueFd readEnd;
  UniqueFd given;
};

/// A race whose attempts are fired by the test.
struct Script {
  Deferred<UniqueFd> start(const Hosts& hosts) {
    std::vector<Address> addresses;
    for (const std::string& host : hosts) addresses.push_back(address(host));
    return raceConnect(clock, addresses, [this](const Address& to) {
      started.push_back(to.host);
      if (failAtOnce) return fail<UniqueFd>(ConnectionRefusedError("refused"));
      Source<UniqueFd>& source = attempts[to.host];
      source.onCancel([this, host = to.host](Source<UniqueFd>&) { cancelled.push_back(host); });
      return source.deferred();
    });
  }
  template <class E>
  void refuse(const std::string& host, const std::string& message = "refused") {
    attempts.at(host).errback(E(message));
  }

  testing::Clock clock;
  Hosts started;
  Hosts cancelled;
  bool failAtOnce = false;
  std::map<std::string, Source<UniqueFd>>
      attempts;  // goes first: a race that has not ended ends then
};

}  // namespace

TEST_CASE("families alternate, the family of the first address first") {
  std::vector<Address> given;
  for (const char* host : {"::1", "::2", "::3", "10.0.0.1", "10.0.0.2"})
    given.push_back(address(host));
  Hosts order;
  for (const Address& each : interleaveFamilies(given)) order.push_back(each.host);
  CHECK(order == Hosts{"::1", "10.0.0.1", "::2", "10.0.0.2", "::3"});
}

TEST_CASE("E-03: the first attempt starts at once, the next one 250 ms later") {
  Script script;
  auto race = script.start({"::1", "10.0.0.1", "10.0.0.2"});
  CHECK(script.started == Hosts{"::1"});
  script.clock.advance(249ms);
  CHECK(script.started == Hosts{"::1"});
  script.clock.advance(1ms);
  CHECK(script.started == Hosts{"::1", "10.0.0.1"});
  script.clock.advance(250ms);
  CHECK(script.started == Hosts{"::1", "10.0.0.1", "10.0.0.2"});
  assertNoResult(race);
  race.addErrback([] {});
}

TEST_CASE("E-03: the next attempt starts at once when the last one fails, and has its own 250 ms") {
  Script script;
  auto race = script.start({"::1", "10.0.0.1", "10.0.0.2"});
  script.clock.advance(100ms);
  script.refuse<ConnectionRefusedError>("::1");
  CHECK(script.started == Hosts{"::1", "10.0.0.1"});
  script.clock.advance(249ms);
  CHECK(script.started.size() == 2);
  script.clock.advance(1ms);
  CHECK(script.started.size() == 3);
  race.addErrback([] {});
}

TEST_CASE("E-03: the first success wins, and the others are cancelled") {
  Script script;
  auto race = script.start({"::1", "10.0.0.1", "10.0.0.2"});
  script.clock.advance(250ms);
  Descriptor winner;
  const int fd = winner.given.get();
  script.attempts.at("10.0.0.1").callback(std::move(winner.given));
  CHECK(successResultOf(race).get() == fd);
  CHECK(script.cancelled == Hosts{"::1"});
  script.clock.advance(1s);
  CHECK(script.started.size() == 2);
  CHECK(script.clock.getDelayedCalls() == 0);
}

TEST_CASE("the descriptor of one that comes too late is closed") {
  testing::Clock clock;
  std::vector<Source<UniqueFd>> attempts(2);  // without a canceller: they go on
  std::size_t next = 0;
  auto race = raceConnect(clock, {address("::1"), address("10.0.0.1")},
                          [&](const Address&) { return attempts[next++].deferred(); });
  clock.advance(250ms);
  Descriptor winner;
  Descriptor late;
  attempts[0].callback(std::move(winner.given));
  attempts[1].callback(std::move(late.given));
  CHECK(late.closed());
  CHECK_FALSE(winner.closed());
  CHECK(successResultOf(race));
}

TEST_CASE("E-03: when all fail, one error lists every address with its reason") {
  Script script;
  auto race = script.start({"::1", "10.0.0.1"});
  script.refuse<NoRouteError>("::1", "cannot connect to [::1]:80: network is unreachable");
  script.refuse<ConnectionRefusedError>("10.0.0.1",
                                        "cannot connect to 10.0.0.1:80: connection refused");
  const Failure why = failureResultOf<ConnectionRefusedError>(race);
  CHECK(why.getErrorMessage() ==
        "cannot connect to any of 2 addresses: [::1]:80: network is unreachable; 10.0.0.1:80: "
        "connection refused");
}

TEST_CASE("the error's type is that of the attempt that got furthest, whatever came last") {
  Script script;
  auto race = script.start({"::1", "10.0.0.1"});
  script.refuse<TCPTimedOutError>("::1");
  script.refuse<NoRouteError>("10.0.0.1");
  failureResultOf<TCPTimedOutError>(race);
}

TEST_CASE("a single address fails with its own failure") {
  Script script;
  auto race = script.start({"::1"});
  script.refuse<ConnectionRefusedError>("::1", "cannot connect to [::1]:80: connection refused");
  CHECK(failureResultOf<ConnectionRefusedError>(race).getErrorMessage() ==
        "cannot connect to [::1]:80: connection refused");
}

TEST_CASE("E-03: without addresses it is DNSLookupError") {
  Script script;
  failureResultOf<DNSLookupError>(script.start({}));
}

TEST_CASE("cancelling stops every attempt, and starts no other") {
  Script script;
  auto race = script.start({"::1", "10.0.0.1", "10.0.0.2"});
  script.clock.advance(250ms);
  race.cancel();
  failureResultOf<CancelledError>(race);
  CHECK(script.cancelled == Hosts{"::1", "10.0.0.1"});
  script.clock.advance(1s);
  CHECK(script.started.size() == 2);
}

TEST_CASE("an attempt whose making cancels the race is cancelled as well") {
  testing::Clock clock;
  std::optional<Deferred<UniqueFd>> race;
  std::vector<Source<UniqueFd>> attempts(2);
  std::size_t next = 0;
  bool cancelled = false;
  attempts[1].onCancel([&](Source<UniqueFd>&) { cancelled = true; });
  race = raceConnect(clock, {address("::1"), address("10.0.0.1")}, [&](const Address&) {
    if (next == 1) race->cancel();
    return attempts[next++].deferred();
  });
  clock.advance(250ms);
  CHECK(cancelled);
  failureResultOf<CancelledError>(*race);
}

TEST_CASE("attempts that fail while they are being made do not nest") {
  Script script;
  script.failAtOnce = true;
  auto race = script.start(Hosts(20'000, "10.0.0.1"));
  failureResultOf<ConnectionRefusedError>(race);
  CHECK(script.started.size() == 20'000);
}

TEST_CASE("an attempt that throws counts as failed") {
  testing::Clock clock;
  int calls = 0;
  auto race = raceConnect(clock, {address("::1"), address("10.0.0.1")},
                          [&](const Address&) -> Deferred<UniqueFd> {
                            if (++calls == 1) throw std::runtime_error("no descriptor left");
                            return succeed(UniqueFd());
                          });
  successResultOf(race);
  CHECK(calls == 2);
}

TEST_CASE("a race whose attempts are abandoned ends, and asks for no more") {
  testing::Clock clock;
  int calls = 0;
  auto race = raceConnect(clock, {address("::1"), address("10.0.0.1")}, [&](const Address&) {
    ++calls;
    Source<UniqueFd> source;
    return source.deferred();
  });
  failureResultOf<SourceDroppedError>(race);
  CHECK(calls == 1);
}

TEST_CASE("a race outlives the Deferred that was dropped") {
  Script script;
  Descriptor winner;
  { auto dropped = script.start({"::1"}); }
  script.attempts.at("::1").callback(std::move(winner.given));
  CHECK(winner.closed());
}

TEST_CASE("a clock that dies before the race ends takes nothing with it") {
  std::vector<Source<UniqueFd>> attempts(2);
  std::optional<Deferred<UniqueFd>> race;
  {
    testing::Clock clock;
    std::size_t next = 0;
    race = raceConnect(clock, {address("::1"), address("10.0.0.1")},
                       [&](const Address&) { return attempts[next++].deferred(); });
    attempts.clear();
    failureResultOf<SourceDroppedError>(*race);
  }
  CHECK_FALSE(race->valid());
}

}  // namespace ropewalk
