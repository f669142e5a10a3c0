// Several upstreams as one: fail-over, races, health.
#include "ropewalk/clients/dns/upstreams.h"

#include <stdexcept>

#include "ropewalk/core/base/log_capture.h"
#include "ropewalk/core/testing/clock.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "ropewalk/protocols/dns/errors.h"
#include "tests/servers/dns/responders/scripted_resolver.h"

namespace ropewalk::dns {

namespace {

using Strategy = UpstreamsOptions::Strategy;

struct World {
  testing::Clock clock;
  std::vector<std::shared_ptr<ScriptedResolver>> up;
  std::unique_ptr<Upstreams> upstreams;

  explicit World(std::size_t count, UpstreamsOptions options = {}) {
    std::vector<Upstreams::Member> members;
    for (std::size_t i = 0; i < count; ++i) {
      up.push_back(std::make_shared<ScriptedResolver>());
      members.push_back({"upstream" + std::to_string(i), up.back()});
    }
    upstreams = std::make_unique<Upstreams>(clock, std::move(members), options);
  }
  Deferred<Message> ask() { return upstreams->ask({Name("a.test"), Type::A, Class::IN}); }
  /// Asks until the first upstream is down.
  void bringDown() {
    for (int i = 0; i < 3; ++i) {
      auto asked = ask();
      up[0]->fail(ConnectionRefusedError("refused"));
      up[1]->answer("192.0.2.1");
      (void)testing::successResultOf(asked);
    }
    REQUIRE_FALSE(upstreams->health()[0].up);
  }
};

std::string addressIn(const Message& message) {
  const auto records = recordsOf<A>(message.answers);
  return records.empty() ? "" : records[0].address;
}

}  // namespace

TEST_CASE("in turn: the first upstream is asked, and no other while it answers") {
  World world(2);
  auto asked = world.ask();
  world.up[0]->answer("192.0.2.1");
  CHECK(addressIn(testing::successResultOf(asked)) == "192.0.2.1");
  CHECK(world.up[1]->count == 0);
}

TEST_CASE("a name that does not exist is an answer") {
  World world(2);
  auto asked = world.ask();
  world.up[0]->answer(Rcode::NXDOMAIN);
  CHECK(testing::successResultOf(asked).rcode == Rcode::NXDOMAIN);
  CHECK(world.up[1]->count == 0);
}

TEST_CASE("in turn: the next one is asked when one fails, refuses, or takes too long") {
  World world(4);
  auto asked = world.ask();
  world.up[0]->fail(ConnectionRefusedError("refused"));
  world.up[1]->answer(Rcode::SERVFAIL);
  REQUIRE(world.up[2]->count == 1);
  world.clock.advance(4s);
  CHECK(world.up[3]->count == 0);
  world.clock.advance(1s);
  CHECK(*world.up[2]->waiting[0].cancelled);
  world.up[3]->answer("192.0.2.4");
  CHECK(addressIn(testing::successResultOf(asked)) == "192.0.2.4");
}

TEST_CASE("a poor answer is given when nobody has a better one") {
  World world(3);
  auto asked = world.ask();
  world.up[0]->fail(ConnectionRefusedError("refused"));
  world.up[1]->answer(Rcode::REFUSED);
  world.up[2]->answer(Rcode::SERVFAIL);
  CHECK(testing::successResultOf(asked).rcode == Rcode::REFUSED);
}

TEST_CASE("a lame upstream's empty answer is the answer only when all say the same") {
  World world(2);
  const auto after = [&](const std::function<void(ScriptedResolver&)>& second) {
    auto asked = world.ask();
    world.up[0]->answer(Message());
    second(*world.up[1]);
    return asked;
  };
  auto better = after([](auto& up) { up.answer("192.0.2.2"); });
  CHECK(addressIn(testing::successResultOf(better)) == "192.0.2.2");
  auto failing = after([](auto& up) { up.answer(Rcode::SERVFAIL); });
  CHECK(testing::successResultOf(failing).rcode == Rcode::SERVFAIL);
  auto silent = after([](auto& up) { up.fail(DNSQueryTimeoutError("silent")); });
  (void)testing::failureResultOf<DNSQueryTimeoutError>(silent);
  auto same = after([](auto& up) { up.answer(Message()); });
  CHECK(testing::successResultOf(same).rcode == Rcode::NOERROR);
}

TEST_CASE("when nobody answers, the last failure is told") {
  World world(2);
  auto asked = world.ask();
  world.up[0]->fail(DNSQueryTimeoutError("first"));
  world.up[1]->fail(ConnectionRefusedError("second"));
  CHECK(testing::failureResultOf<ConnectionRefusedError>(asked).getErrorMessage() == "second");
}

TEST_CASE("who asks may leave: nobody else is asked any more") {
  World world(2);
  auto asked = world.ask();
  asked.cancel();
  (void)testing::failureResultOf<CancelledError>(asked);
  CHECK(*world.up[0]->waiting[0].cancelled);
  CHECK(world.up[1]->count == 0);
  CHECK(world.upstreams->health()[0].failures == 0);
}

TEST_CASE("three failures in a row, and an upstream is asked last") {
  const log::testing::Captured logged;
  World world(2);
  world.bringDown();
  REQUIRE(logged.events().size() == 1);
  CHECK(
      logged.events()[0].message ==
      "upstream upstream0 does not answer: refused; asking others first, and probing it in 1.0 s");
  auto asked = world.ask();
  CHECK(world.up[0]->count == 3);
  world.up[1]->answer("192.0.2.2");
  (void)testing::successResultOf(asked);
}

TEST_CASE("failures that are not in a row, and poor answers, bring nobody down") {
  World world(2);
  for (int i = 0; i < 12; ++i) {
    auto asked = world.ask();
    if (i % 3 == 2) {
      world.up[0]->answer(Rcode::SERVFAIL);
    } else {
      world.up[0]->fail(ConnectionRefusedError("refused"));
    }
    world.up[1]->answer("192.0.2.1");
    (void)testing::successResultOf(asked);
  }
  CHECK(world.upstreams->health()[0].up);
  CHECK(world.upstreams->health()[0].unanswered == 8);
}

TEST_CASE("one that is down is probed, more and more seldom, until it answers anything") {
  const log::testing::Captured logged;
  World world(2, {.longestPause = 3s});
  world.bringDown();
  ScriptedResolver& first = *world.up[0];
  for (const Duration pause : {Duration(1s), Duration(2s), Duration(3s), Duration(3s)}) {
    world.clock.advance(pause - 1ms);
    CHECK(first.waiting.empty());
    world.clock.advance(1ms);
    REQUIRE(first.waiting.size() == 1);
    CHECK(toText(first.waiting[0].question) == ". NS");
    first.fail(ConnectionRefusedError("refused"));
  }
  world.clock.advance(3s);
  first.answer(Rcode::REFUSED);
  CHECK(world.upstreams->health()[0].up);
  CHECK(logged.events().back().message == "upstream upstream0 answers again");
  const int count = first.count;
  world.clock.advance(1h);
  CHECK(first.count == count);
  auto asked = world.ask();
  first.answer("192.0.2.1");
  (void)testing::successResultOf(asked);
}

TEST_CASE("a probe that is not answered is given up, and the next one follows") {
  const log::testing::Captured logged;
  World world(2);
  world.bringDown();
  world.clock.advance(1s);
  REQUIRE(world.up[0]->waiting.size() == 1);
  world.clock.advance(5s);
  CHECK(*world.up[0]->waiting[0].cancelled);
  world.clock.advance(2s);
  CHECK(world.up[0]->waiting.size() == 2);
}

TEST_CASE("while all are down all are asked, and one that answers is up again") {
  const log::testing::Captured logged;
  World world(2);
  for (int i = 0; i < 3; ++i) {
    auto asked = world.ask();
    world.up[0]->fail(ConnectionRefusedError("refused"));
    world.up[1]->fail(ConnectionRefusedError("refused"));
    (void)testing::failureResultOf(asked);
  }
  CHECK_FALSE(world.upstreams->health()[0].up);
  CHECK_FALSE(world.upstreams->health()[1].up);
  auto asked = world.ask();
  world.up[0]->fail(ConnectionRefusedError("refused"));
  world.up[1]->answer("192.0.2.2");
  CHECK(addressIn(testing::successResultOf(asked)) == "192.0.2.2");
  CHECK_FALSE(world.upstreams->health()[0].up);
  CHECK(world.upstreams->health()[1].up);
}

TEST_CASE("no probe comes after the end") {
  const log::testing::Captured logged;
  World world(2);
  world.bringDown();
  world.upstreams.reset();
  CHECK(world.clock.getDelayedCalls() == 0);
}

TEST_CASE("the end while a probe is under way") {
  const log::testing::Captured logged;
  World world(2);
  world.bringDown();
  world.clock.advance(1s);
  world.upstreams.reset();
  world.up[0]->answer(Rcode::NOERROR);
  CHECK(logged.events().size() == 1);
}

TEST_CASE("fastest: two are asked at once, and the slower one is cancelled") {
  World world(3, {.strategy = Strategy::fastest});
  auto asked = world.ask();
  CHECK(world.up[0]->count == 1);
  CHECK(world.up[1]->count == 1);
  CHECK(world.up[2]->count == 0);
  world.up[1]->answer("192.0.2.2");
  CHECK(addressIn(testing::successResultOf(asked)) == "192.0.2.2");
  CHECK(*world.up[0]->waiting[0].cancelled);
  CHECK(world.upstreams->health()[0].failures == 0);
}

TEST_CASE("fastest: one that fails or refuses does not win") {
  World world(3, {.strategy = Strategy::fastest});
  auto asked = world.ask();
  world.up[0]->answer(Rcode::SERVFAIL);
  testing::assertNoResult(asked);
  world.up[1]->fail(ConnectionRefusedError("refused"));
  REQUIRE(world.up[2]->count == 1);
  world.up[2]->answer("192.0.2.3");
  CHECK(addressIn(testing::successResultOf(asked)) == "192.0.2.3");
}

TEST_CASE("fastest: a poor answer of the race is kept") {
  World world(2, {.strategy = Strategy::fastest});
  auto asked = world.ask();
  world.up[0]->answer(Rcode::SERVFAIL);
  world.up[1]->fail(ConnectionRefusedError("refused"));
  CHECK(testing::successResultOf(asked).rcode == Rcode::SERVFAIL);
}

TEST_CASE("fastest: who leaves cancels both") {
  World world(2, {.strategy = Strategy::fastest});
  auto asked = world.ask();
  asked.cancel();
  (void)testing::failureResultOf<CancelledError>(asked);
  CHECK(*world.up[0]->waiting[0].cancelled);
  CHECK(*world.up[1]->waiting[0].cancelled);
}

TEST_CASE("fastest: those that answered fastest are asked, and the others tried now and then") {
  World world(3, {.strategy = Strategy::fastest});
  const auto answerAfter = [&](std::size_t index, Duration wait) {
    auto asked = world.ask();
    world.clock.advance(wait);
    world.up[index]->answer("192.0.2.1");
    (void)testing::successResultOf(asked);
    for (const auto& each : world.up) each->waiting.clear();
  };
  answerAfter(1, 30ms);  // 0 takes 30 ms at least
  answerAfter(2, 10ms);  // 2 was not known yet; 0 is asked as well
  auto health = world.upstreams->health();
  CHECK(health[2].roundTrip == 10ms);
  CHECK(health[1].roundTrip > 29ms);  // a little better by and by
  const auto asked = world.upstreams->health()[1].asked;
  int rounds = 0;
  while (world.upstreams->health()[1].asked == asked && rounds < 1000) {
    answerAfter(2, 10ms);
    ++rounds;
  }
  CHECK(rounds < 100);
}

TEST_CASE("fastest: with one upstream up there is no race") {
  const log::testing::Captured logged;
  World world(2, {.strategy = Strategy::fastest, .failuresUntilDown = 1});
  auto first = world.ask();
  world.up[0]->fail(ConnectionRefusedError("refused"));
  world.up[1]->answer("192.0.2.2");
  (void)testing::successResultOf(first);
  auto second = world.ask();
  CHECK(world.up[0]->count == 1);
  CHECK(world.up[1]->count == 2);
  world.up[1]->answer("192.0.2.2");
  (void)testing::successResultOf(second);
}

TEST_CASE("without upstreams there is nobody to ask") {
  testing::Clock clock;
  CHECK_THROWS_AS(Upstreams(clock, {}), std::invalid_argument);
}

}  // namespace ropewalk::dns
