// NOTIFY, sent over UDP on loopback. RFC 1996.
#include "ropewalk/servers/dns/transfer/notify.h"

#include <functional>
#include <string>

#include "ropewalk/core/base/log_capture.h"
#include "ropewalk/core/base/random.h"
#include "ropewalk/core/net/listening_port.h"
#include "ropewalk/core/testing/clock.h"
#include "ropewalk/protocols/dns/records.h"
#include "tests/catch.h"
#include "tests/servers/dns/zone_world.h"

using namespace ropewalk;
using namespace ropewalk::dns;
using namespace ropewalk::dns::trial;

namespace {

/// A secondary's port: keeps what it hears, and answers as told.
struct Heard {
  std::vector<std::string> messages;
  std::vector<Address> from;
  std::function<std::string(const std::string&)> answer;
};

struct Ear : DatagramProtocol {
  explicit Ear(Heard& heard) : heard(heard) {}
  void datagramReceived(std::string_view data, const Address& from) override {
    heard.messages.emplace_back(data);
    heard.from.push_back(from);
    if (!heard.answer) return;
    const std::string answer = heard.answer(heard.messages.back());
    if (!answer.empty()) transport().write(answer, from);
  }
  Heard& heard;
};

Message answerTo(const std::string& notify) {
  auto message = Message::decode(notify);
  REQUIRE(message);
  message->response = true;
  message->answers.clear();
  message->tsig.reset();
  return *message;
}
std::string good(const std::string& notify) { return answerTo(notify).encode(); }

struct World {
  explicit World(const std::string& interface = "127.0.0.1") {
    port = reactor.listenUDP(0, std::make_unique<Ear>(heard), {.interface = interface});
    NotifierOptions options;
    options.clock = &clock;
    notifier.emplace(reactor, options);
  }
  NotifyTarget target() const { return {port.getHost(), std::nullopt}; }
  bool until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      reactor.iterate(20ms);
    }
    return true;
  }
  bool hears(std::size_t count) {
    return until([&] { return heard.messages.size() >= count; });
  }

  log::testing::Captured captured{log::Level::info};
  Heard heard;
  ropewalk::testing::Clock clock;
  Reactor reactor;
  ListeningPort port;
  std::optional<Notifier> notifier;
};

}  // namespace

TEST_CASE("a change is told by NOTIFY with the new SOA, until it is answered") {
  World world;
  world.notifier->add(world.target());
  world.heard.answer = good;
  world.notifier->changed(*zoneWith(7));
  REQUIRE(world.hears(1));
  const auto notify = Message::decode(world.heard.messages[0]);
  REQUIRE(notify);
  CHECK(notify->opcode == Opcode::NOTIFY);
  CHECK(notify->authoritative);
  CHECK_FALSE(notify->response);
  CHECK(notify->questions == std::vector{Question{Name("example.test"), Type::SOA, Class::IN}});
  CHECK(recordsOf<SOA>(notify->answers).at(0).serial == 7);

  REQUIRE(world.until([&] { return world.notifier->waiting() == 0; }));
  CHECK(world.notifier->counts().answered == 1);
  CHECK(world.captured.contains(log::Level::info, "knows of serial 7"));
  world.clock.advance(3600s);
  CHECK(world.notifier->counts().sent == 1);
}

TEST_CASE("the id of a NOTIFY is drawn from the Random of the reactor") {
  World world;
  world.reactor.slot<Random>().seed(7);
  world.notifier->add(world.target());
  world.notifier->changed(*zoneWith(7));
  REQUIRE(world.hears(1));
  const auto notify = Message::decode(world.heard.messages[0]);
  REQUIRE(notify);
  CHECK(notify->id == static_cast<std::uint16_t>(Random(7).next()));
}

TEST_CASE("over IPv6, too") {
  World world("::1");
  world.notifier->add(world.target());
  world.heard.answer = good;
  world.notifier->changed(*zoneWith(7));
  CHECK(world.until([&] { return world.notifier->counts().answered == 1; }));
}

TEST_CASE("without an answer it is told again, ever later, and given up after five times") {
  World world;
  world.notifier->add(world.target());
  world.notifier->changed(*zoneWith(7));
  REQUIRE(world.hears(1));
  std::size_t sent = 1;
  for (const Duration wait : {5s, 10s, 20s, 40s}) {
    world.clock.advance(wait - 1s);
    CHECK(world.notifier->counts().sent == sent);
    world.clock.advance(1s);
    CHECK(world.notifier->counts().sent == ++sent);
  }
  REQUIRE(world.hears(5));
  CHECK(world.heard.messages[0] == world.heard.messages[4]);
  world.clock.advance(79s);
  CHECK(world.notifier->waiting() == 1);
  world.clock.advance(1s);
  CHECK(world.notifier->waiting() == 0);
  CHECK(world.notifier->counts().sent == 5);
  CHECK(world.notifier->counts().failed == 1);
  CHECK(world.captured.contains(log::Level::warn, "was not told of serial 7: there is no answer"));
}

TEST_CASE("an answer that says no ends it") {
  World world;
  world.notifier->add(world.target());
  world.heard.answer = [](const std::string& notify) {
    Message answer = answerTo(notify);
    answer.rcode = Rcode::NOTAUTH;
    return answer.encode();
  };
  world.notifier->changed(*zoneWith(7));
  REQUIRE(world.until([&] { return world.notifier->waiting() == 0; }));
  CHECK(world.notifier->counts().failed == 1);
  CHECK(world.captured.contains(log::Level::warn, "was not told of serial 7: NOTAUTH"));
}

TEST_CASE("answers that are none are passed over") {
  World world;
  world.notifier->add(world.target());
  const int lie = GENERATE(0, 1, 2, 3, 4);
  world.heard.answer = [&](const std::string& notify) {
    Message answer = answerTo(notify);
    if (lie == 0) answer.id = static_cast<std::uint16_t>(answer.id + 1);
    if (lie == 1) answer.response = false;
    if (lie == 2) answer.opcode = Opcode::QUERY;
    if (lie == 3) answer.questions[0].name = Name("other.test");
    return lie == 4 ? std::string("not DNS") : answer.encode();
  };
  world.notifier->changed(*zoneWith(7));
  REQUIRE(world.hears(1));
  // What was sent before is read before: the next round's message is behind the lie.
  for (int turns = 0; turns < 5; ++turns) world.reactor.iterate(1ms);
  CHECK(world.notifier->waiting() == 1);
  world.heard.answer = good;
  world.clock.advance(5s);
  CHECK(world.until([&] { return world.notifier->counts().answered == 1; }));
}

TEST_CASE("an answer from another address is passed over") {
  World world;
  world.notifier->add(world.target());
  world.notifier->changed(*zoneWith(7));
  REQUIRE(world.hears(1));
  struct Sender : DatagramProtocol {
    void startProtocol() override { transport().write(message, to); }
    std::string message;
    Address to;
  };
  auto sender = std::make_unique<Sender>();
  sender->message = good(world.heard.messages[0]);
  sender->to = world.heard.from[0];
  world.reactor.listenUDP(0, std::move(sender), {.interface = "127.0.0.1"});
  for (int turns = 0; turns < 5; ++turns) world.reactor.iterate(1ms);
  CHECK(world.notifier->waiting() == 1);
}

TEST_CASE("a newer version takes the place of one that is not answered") {
  World world;
  world.notifier->add(world.target());
  world.notifier->changed(*zoneWith(7));
  world.notifier->changed(*zoneWith(8));
  CHECK(world.notifier->waiting() == 1);
  REQUIRE(world.hears(2));
  world.heard.answer = good;
  world.clock.advance(5s);
  REQUIRE(world.until([&] { return world.notifier->counts().answered == 1; }));
  CHECK(world.captured.contains(log::Level::info, "knows of serial 8"));
  CHECK(world.notifier->counts().sent == 3);
}

TEST_CASE("targets of one zone are told of that one only") {
  World world;
  world.notifier->add(Name("other.test"), world.target());
  world.notifier->changed(*zoneWith(7));
  CHECK(world.notifier->waiting() == 0);
  world.notifier->add(Name("EXAMPLE.test"), world.target());
  world.notifier->changed(*zoneWith(8));
  CHECK(world.notifier->waiting() == 1);
}

TEST_CASE("with a key the NOTIFY is signed, and so must be the answer") {
  World world;
  const TsigKey key = *TsigKey::parse("transfer.test:c2VjcmV0");
  NotifyTarget target = world.target();
  target.key = key;
  world.notifier->add(target);
  bool signs = false;
  world.heard.answer = [&](const std::string& notify) {
    QueryView view;
    REQUIRE(readQuery(notify, view) == QueryFault::none);
    const auto now = static_cast<std::uint64_t>(world.clock.wallTime().unixSeconds());
    const TsigKey* found = nullptr;
    const auto check = checkRequest(notify, view.tsigAt, {key}, now, &found);
    CHECK(check.error == Rcode::NOERROR);
    std::string answer = good(notify);
    if (signs) TsigSession(key, check.mac).sign(answer, now);
    return answer;
  };
  world.notifier->changed(*zoneWith(7));
  REQUIRE(world.hears(1));
  for (int turns = 0; turns < 5; ++turns) world.reactor.iterate(1ms);
  CHECK(world.notifier->waiting() == 1);
  signs = true;
  world.clock.advance(5s);
  CHECK(world.until([&] { return world.notifier->counts().answered == 1; }));
}

TEST_CASE("only addresses can be told") {
  World world;
  CHECK_THROWS_AS(world.notifier->add({Address{}, std::nullopt}), InvalidAddressError);
  CHECK_THROWS_AS(world.notifier->add({Address::IPv4("ns.example", 53), std::nullopt}),
                  InvalidAddressError);
}

TEST_CASE("a notifier that goes away closes its port") {
  World world;
  world.notifier->add(world.target());
  world.notifier->changed(*zoneWith(7));
  REQUIRE(world.hears(1));
  world.notifier.reset();
  for (int turns = 0; turns < 3; ++turns) world.reactor.iterate();
  CHECK(world.clock.getDelayedCalls() == 0);
}
