// Secondaries against primaries of our own, on loopback. RFC 1034 §4.3.5, RFC 1995, RFC 1996.
#include "ropewalk/servers/dns/secondary.h"

#include <filesystem>
#include <functional>
#include <string>

#include "ropewalk/core/base/log_capture.h"
#include "ropewalk/core/net/listening_port.h"
#include "ropewalk/core/testing/clock.h"
#include "ropewalk/protocols/dns/rdata.h"
#include "ropewalk/protocols/dns/records.h"
#include "ropewalk/servers/dns/answerer.h"
#include "ropewalk/servers/dns/secondary_zones.h"
#include "ropewalk/servers/dns/stream_server.h"
#include "ropewalk/servers/dns/transfer.h"
#include "tests/catch.h"
#include "tests/servers/dns/temporary_file.h"
#include "tests/servers/dns/zone_world.h"

using namespace ropewalk;
using namespace ropewalk::dns;
using namespace ropewalk::dns::trial;

namespace {

const Name kApex("example.test");
const std::string kLoopback("\x7f\0\0\1", 4);

std::string manyRecords(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += "host" + std::to_string(i) + " A 10.0." + std::to_string(i / 250) + "." +
            std::to_string(i % 250) + "\n";
  }
  return text;
}

/// All records of a zone, as text.
Lines recordsOf(const Zone& zone) {
  Lines all;
  zone.forEach([&](const RecordView& record) {
    all.push_back(wire::nameToText(record.name) + " " + std::to_string(record.ttl) + " " +
                  toText(record.type) + " " + rdataToText(record.type, record.data));
    return true;
  });
  std::sort(all.begin(), all.end());
  return all;
}

/// A server that gives its zones to anybody on this machine.
struct Primary {
  explicit Primary(Reactor& reactor) : history(std::make_shared<ZoneHistory>(reactor)) {
    authority->onChange([this](const auto& zone) { history->changed(zone); });
    transfers = std::make_shared<Transfers>(authority, history);
    TransferPolicy policy;
    policy.allow({"127.0.0.0/8"});
    transfers->setPolicy(policy);
    answerer->setResponders({authority});
    answerer->setTransfers(transfers);
    port =
        reactor.listenTCP(0, factoryOf([this](const Address&) {
                            ++connections;
                            return std::make_unique<StreamServer>(answerer, StreamServerOptions());
                          }),
                          {.interface = "127.0.0.1"});
  }
  std::string address() const { return toText(port.getHost()); }

  std::shared_ptr<Authority> authority = std::make_shared<Authority>();
  std::shared_ptr<ZoneHistory> history;
  std::shared_ptr<Transfers> transfers;
  std::shared_ptr<Answerer> answerer = std::make_shared<Answerer>();
  ListeningPort port;
  int connections = 0;
};

/// A primary that answers as a test likes.
struct Liar {
  using Script = std::function<std::vector<Message>(const Message& question)>;
  struct Connection : Int16StringReceiver {
    explicit Connection(const Script& answer) : answer(answer) {}
    void stringReceived(std::string_view bytes) override {
      const auto question = Message::decode(bytes);
      REQUIRE(question);
      for (const Message& message : answer(*question)) sendString(message.encode());
    }
    const Script& answer;
  };

  Liar(Reactor& reactor, Script answers)
      : script(std::move(answers)),
        port(reactor.listenTCP(
            0, factoryOf([this](const Address&) { return std::make_unique<Connection>(script); }),
            {.interface = "127.0.0.1"})) {}
  std::string address() const { return toText(port.getHost()); }

  const Script script;
  ListeningPort port;
};

Record soaRecord(std::uint32_t serial) {
  SOA soa;
  soa.mname = Name("ns.example.test");
  soa.rname = Name("hostmaster.example.test");
  soa.serial = serial;
  soa.refresh = 3600;
  soa.retry = 600;
  soa.expire = 86400;
  soa.minimum = 60;
  return makeRecord(kApex, soa);
}
Record nsRecord() { return makeRecord(kApex, NS(Name("ns.example.test"))); }
Record hostRecord(std::string_view name, std::string_view address) {
  return makeRecord(Name(name), A(address));
}

Message answerTo(const Message& question, std::vector<Record> records) {
  Message answer;
  answer.id = question.id;
  answer.response = true;
  answer.authoritative = true;
  answer.questions = question.questions;
  answer.answers = std::move(records);
  return answer;
}

struct World {
  bool until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      reactor.iterate(20ms);
    }
    return true;
  }
  SecondaryOptions options(std::string primary) {
    SecondaryOptions options;
    options.primaries = {std::move(primary)};
    options.clock = &clock;
    options.notifySpacing = 0s;
    return options;
  }
  /// Starts one, and waits until its first round is over.
  Secondary& start(SecondaryOptions options) {
    secondary.emplace(reactor, authority, kApex, std::move(options));
    secondary->start();
    REQUIRE(until([&] { return !secondary->refreshing(); }));
    return *secondary;
  }
  void round(Secondary& which) {
    which.refresh();
    REQUIRE(until([&] { return !which.refreshing(); }));
  }
  std::uint32_t serial() const {
    const auto zone = authority->zone(kApex);
    return zone ? zone->serial() : 0;
  }

  log::testing::Captured captured;
  testing::Clock clock;
  Reactor reactor;
  std::shared_ptr<Authority> authority = std::make_shared<Authority>();
  std::optional<Secondary> secondary;
};

Message notifyOf(std::optional<std::uint32_t> serial = {}, std::string_view apex = "example.test") {
  Message message = Asked::questionFor(apex, Type::SOA);
  message.opcode = Opcode::NOTIFY;
  if (serial) message.answers = {soaRecord(*serial)};
  return message;
}

}  // namespace

TEST_CASE("a secondary gets the zone from its primary, whole, and serves it") {
  World world;
  Primary primary(world.reactor);
  const auto zone = zoneWith(1, manyRecords(3000));
  primary.authority->put(zone);
  const Secondary& secondary = world.start(world.options(primary.address()));
  REQUIRE(world.serial() == 1);
  CHECK(recordsOf(*secondary.zone()) == recordsOf(*zone));
  CHECK(secondary.counts().whole == 1);
  CHECK(secondary.counts().refreshes == 1);
  CHECK(primary.connections == 1);
}

TEST_CASE("while nothing changes, only the SOA is asked for, at its refresh") {
  World world;
  Primary primary(world.reactor);
  primary.authority->put(zoneWith(1));
  const Secondary& secondary = world.start(world.options(primary.address()));
  world.clock.advance(3599s);
  CHECK_FALSE(secondary.refreshing());
  world.clock.advance(1s);
  CHECK(secondary.refreshing());
  REQUIRE(world.until([&] { return secondary.counts().refreshes == 2; }));
  CHECK(secondary.counts().whole == 1);
  CHECK(secondary.counts().incremental == 0);
}

TEST_CASE("changes come by IXFR, several versions at once, and give the primary's zone") {
  World world;
  Primary primary(world.reactor);
  primary.authority->put(zoneWith(1, manyRecords(50) + "www A 192.0.2.1\nwww A 192.0.2.2\n"));
  Secondary& secondary = world.start(world.options(primary.address()));
  primary.authority->put(zoneWith(2, manyRecords(50) + "www A 192.0.2.2\nwww TXT x\n"));
  primary.authority->put(zoneWith(3, manyRecords(49) + "www 60 A 192.0.2.2\nwww A 192.0.2.1\n"));
  primary.authority->put(zoneWith(4, manyRecords(49) + "www A 192.0.2.1\n*.w TXT y\n"));
  world.round(secondary);
  REQUIRE(world.serial() == 4);
  CHECK(secondary.counts().incremental == 1);
  CHECK(secondary.counts().whole == 1);
  CHECK(recordsOf(*secondary.zone()) == recordsOf(*primary.authority->zone(kApex)));
}

TEST_CASE("IXFR that is answered with the whole zone is taken as that") {
  World world;
  Primary primary(world.reactor);
  primary.authority->put(zoneWith(1));
  Secondary& secondary = world.start(world.options(primary.address()));
  primary.history->forget(kApex);
  primary.authority->put(zoneWith(2, "www A 192.0.2.1\n"));
  world.round(secondary);
  CHECK(world.serial() == 2);
  CHECK(secondary.counts().whole == 2);
}

TEST_CASE("without IXFR, AXFR is asked for at once") {
  World world;
  Primary primary(world.reactor);
  primary.authority->put(zoneWith(1, manyRecords(50)));
  auto options = world.options(primary.address());
  options.incremental = false;
  Secondary& secondary = world.start(options);
  primary.authority->put(zoneWith(2, manyRecords(50)));
  world.round(secondary);
  CHECK(world.serial() == 2);
  CHECK(secondary.counts().whole == 2);
}

TEST_CASE("a primary that refuses IXFR is asked for AXFR; changes that do not fit, too") {
  World world;
  const Rcode refusal = GENERATE(Rcode::NOTIMP, Rcode::FORMERR, Rcode::NOERROR);
  std::uint32_t serial = 1;
  Liar primary(world.reactor, [&](const Message& question) {
    const Record soa = soaRecord(serial);
    std::vector<Record> whole{soa, nsRecord(), hostRecord("www.example.test", "192.0.2.1"), soa};
    if (question.questions[0].type == Type::SOA) whole = {soa};
    if (question.questions[0].type == Type::IXFR) {
      // What is removed was never there.
      whole = {soa, soaRecord(1), hostRecord("no.example.test", "192.0.2.9"), soa, soa};
    }
    Message answer = answerTo(question, std::move(whole));
    if (question.questions[0].type == Type::IXFR && refusal != Rcode::NOERROR) {
      answer.answers.clear();
      answer.rcode = refusal;
    }
    return std::vector{answer};
  });
  Secondary& secondary = world.start(world.options(primary.address()));
  REQUIRE(world.serial() == 1);
  serial = 2;
  world.round(secondary);
  CHECK(world.serial() == 2);
  CHECK(secondary.counts().incremental == 0);
  CHECK(secondary.counts().failures == 0);
}

TEST_CASE("the next primary is asked where one does not answer") {
  World world;
  Primary good(world.reactor);
  good.authority->put(zoneWith(1));
  std::optional<Primary> empty;
  std::string bad = good.address();
  SECTION("nobody listens") {
    Primary gone(world.reactor);
    bad = gone.address();
    gone.port.stopListening();
    world.reactor.iterate();
    world.reactor.iterate();
  }
  SECTION("it has no such zone") {
    empty.emplace(world.reactor);
    bad = empty->address();
  }
  auto options = world.options(bad);
  options.primaries.push_back(good.address());
  const Secondary& secondary = world.start(options);
  CHECK(world.serial() == 1);
  CHECK(secondary.counts().failures == 1);
}

TEST_CASE("without an answer it asks again after retry; until the first zone, ever later") {
  World world;
  bool answering = false;
  Liar primary(world.reactor, [&](const Message& question) {
    const Record soa = soaRecord(1);
    Message answer = answerTo(question, {soa});
    if (question.questions[0].type != Type::SOA) answer.answers = {soa, nsRecord(), soa};
    if (!answering) answer.rcode = Rcode::SERVFAIL;
    return std::vector{answer};
  });
  auto options = world.options(primary.address());
  options.firstRetry = 10s;
  const Secondary& secondary = world.start(options);
  const auto asksAfter = [&](Duration wait) {
    world.clock.advance(wait - 1s);
    CHECK_FALSE(secondary.refreshing());
    world.clock.advance(1s);
    CHECK(secondary.refreshing());
    REQUIRE(world.until([&] { return !secondary.refreshing(); }));
  };
  asksAfter(10s);
  asksAfter(20s);
  answering = true;
  asksAfter(40s);
  CHECK(world.serial() == 1);
  answering = false;
  asksAfter(3600s);  // refresh
  asksAfter(600s);   // retry
  asksAfter(600s);
  answering = true;
  asksAfter(600s);
  asksAfter(3600s);
}

TEST_CASE("a zone expires when no primary answered for long enough, and comes back") {
  World world;
  bool answering = true;
  Liar primary(world.reactor, [&](const Message& question) {
    const Record soa = soaRecord(1);
    Message answer = answerTo(question, {soa});
    if (question.questions[0].type != Type::SOA) answer.answers = {soa, nsRecord(), soa};
    if (!answering) answer.rcode = Rcode::REFUSED;
    return std::vector{answer};
  });
  Secondary& secondary = world.start(world.options(primary.address()));
  REQUIRE(world.serial() == 1);
  answering = false;
  world.clock.advance(86399s);
  REQUIRE(world.until([&] { return !secondary.refreshing(); }));
  CHECK(world.serial() == 1);
  CHECK_FALSE(secondary.expired());
  world.clock.advance(1s);
  CHECK(world.serial() == 0);
  CHECK(secondary.expired());
  CHECK(world.captured.contains(log::Level::error, "has expired"));
  REQUIRE(world.until([&] { return !secondary.refreshing(); }));
  answering = true;
  world.round(secondary);
  CHECK(world.serial() == 1);
  CHECK_FALSE(secondary.expired());
}

TEST_CASE("answers that are wrong are not taken") {
  World world;
  const int lie = GENERATE(0, 1, 2, 3, 4, 5, 6, 7, 8);
  CAPTURE(lie);
  Liar primary(world.reactor, [&](const Message& question) {
    const Record soa = soaRecord(1);
    const bool isSoa = question.questions[0].type == Type::SOA;
    Message answer = answerTo(
        question, isSoa ? std::vector<Record>{soa} : std::vector<Record>{soa, nsRecord(), soa});
    if (lie == 0) ++answer.id;
    if (lie == 1) answer.response = false;
    if (lie == 2) answer.questions[0].name = Name("other.test");
    if (lie == 3) answer.authoritative = false;
    if (lie == 4 && isSoa) answer.answers.clear();
    if (lie == 5 && !isSoa) answer.answers = {nsRecord(), soa, soa};
    if (lie == 6 && !isSoa) answer.answers = {soa, nsRecord(), soaRecord(2)};
    if (lie == 7 && !isSoa) answer.answers = {soa, nsRecord(), soa, nsRecord()};
    if (lie == 8 && !isSoa) answer.answers = {soa, soa};  // no NS: no zone
    return std::vector{answer};
  });
  const Secondary& secondary = world.start(world.options(primary.address()));
  CHECK(world.serial() == 0);
  CHECK(secondary.counts().failures == 1);
}

TEST_CASE("records outside of the zone are not taken with it") {
  World world;
  Liar primary(world.reactor, [&](const Message& question) {
    const Record soa = soaRecord(1);
    Message answer = answerTo(question, {soa});
    if (question.questions[0].type != Type::SOA) {
      answer.answers = {soa, nsRecord(), hostRecord("www.bank.test", "192.0.2.66"), soa};
    }
    return std::vector{answer};
  });
  const Secondary& secondary = world.start(world.options(primary.address()));
  REQUIRE(world.serial() == 1);
  CHECK(recordsOf(*secondary.zone()) == Lines{"example.test. 300 NS ns.example.test."});
}

TEST_CASE("a zone that is larger than allowed is not taken") {
  World world;
  Primary primary(world.reactor);
  primary.authority->put(zoneWith(1, manyRecords(3000)));
  auto options = world.options(primary.address());
  SECTION("records") { options.maxRecords = 3000; }
  SECTION("bytes") { options.maxBytes = 10'000; }
  const Secondary& secondary = world.start(options);
  CHECK(world.serial() == 0);
  CHECK(secondary.counts().failures == 1);
  CHECK(world.captured.contains(log::Level::warn, "more than"));
}

TEST_CASE("a primary that falls silent is given up after the time-out") {
  World world;
  Liar primary(world.reactor, [&](const Message&) { return std::vector<Message>(); });
  auto options = world.options(primary.address());
  options.answerTimeout = 20ms;
  const Secondary& secondary = world.start(options);
  CHECK(secondary.counts().failures == 1);
  CHECK(world.captured.contains(log::Level::warn, "no answer to SOA"));
}

TEST_CASE("a transfer that ends in the middle is a failure") {
  World world;
  Liar primary(world.reactor, [&](const Message& question) {
    if (question.questions[0].type != Type::SOA) {
      return std::vector{answerTo(question, {soaRecord(1), nsRecord()})};
    }
    return std::vector{answerTo(question, {soaRecord(1)})};
  });
  auto options = world.options(primary.address());
  options.answerTimeout = 20ms;
  world.start(options);
  CHECK(world.serial() == 0);
}

TEST_CASE("a transfer in many messages of one record, without questions in the later ones") {
  World world;
  Liar primary(world.reactor, [&](const Message& question) {
    std::vector<Message> all{answerTo(question, {soaRecord(1)})};
    if (question.questions[0].type == Type::SOA) return all;
    for (const auto& record :
         {nsRecord(), hostRecord("www.example.test", "192.0.2.1"), soaRecord(1)}) {
      all.push_back(answerTo(question, {record}));
      all.back().questions.clear();
    }
    return all;
  });
  const Secondary& secondary = world.start(world.options(primary.address()));
  REQUIRE(world.serial() == 1);
  CHECK(secondary.zone()->recordCount() == 3);
}

TEST_CASE("with a key, questions are signed, and answers must be") {
  World world;
  Primary primary(world.reactor);
  const TsigKey key = *TsigKey::parse("hmac-sha256:transfer.test:c2VjcmV0");
  TransferPolicy policy;
  policy.allowKey(key.name);
  primary.transfers->setPolicy(policy);
  primary.authority->put(zoneWith(1, manyRecords(3000)));
  auto options = world.options(primary.address());
  SECTION("the same key") {
    primary.answerer->addKey(key);
    options.key = key;
    world.start(options);
    CHECK(world.serial() == 1);
  }
  SECTION("another secret") {
    primary.answerer->addKey(key);
    options.key = *TsigKey::parse("hmac-sha256:transfer.test:b3RoZXI=");
    world.start(options);
    CHECK(world.serial() == 0);
    CHECK(world.captured.contains(log::Level::warn, "the server refuses our signature"));
  }
  SECTION("none") {
    world.start(options);
    CHECK(world.serial() == 0);
    CHECK(world.captured.contains(log::Level::warn, "the answer to AXFR is REFUSED"));
  }
}

TEST_CASE("a primary that does not sign is not believed") {
  World world;
  Liar primary(world.reactor, [&](const Message& question) {
    return std::vector{answerTo(question, {soaRecord(1)})};
  });
  auto options = world.options(primary.address());
  options.key = *TsigKey::parse("transfer.test:c2VjcmV0");
  world.start(options);
  CHECK(world.captured.contains(log::Level::warn, "the answer is not signed"));
}

TEST_CASE("NOTIFY from a primary starts a refresh; from strangers it is refused") {
  World world;
  Primary primary(world.reactor);
  primary.authority->put(zoneWith(1));
  Secondary& secondary = world.start(world.options(primary.address()));
  primary.authority->put(zoneWith(2));
  SECTION("from the primary") {
    CHECK(secondary.notified(Asked(notifyOf(), Carrier::udp, kLoopback).query()) == Rcode::NOERROR);
    CHECK(secondary.refreshing());
    REQUIRE(world.until([&] { return world.serial() == 2; }));
  }
  SECTION("from a stranger") {
    Asked stranger(notifyOf(), Carrier::udp, std::string("\xc0\0\2\1", 4));
    CHECK(secondary.notified(stranger.query()) == Rcode::REFUSED);
    CHECK_FALSE(secondary.refreshing());
  }
  SECTION("with a serial that we have, or an older one") {
    for (const std::uint32_t serial : {1U, 0U}) {
      CHECK(secondary.notified(Asked(notifyOf(serial), Carrier::udp, kLoopback).query()) ==
            Rcode::NOERROR);
      CHECK_FALSE(secondary.refreshing());
    }
  }
  SECTION("with a newer serial, twice: the second one asks once more afterwards") {
    for (int i = 0; i < 3; ++i) {
      CHECK(secondary.notified(Asked(notifyOf(2), Carrier::udp, kLoopback).query()) ==
            Rcode::NOERROR);
    }
    REQUIRE(world.until([&] { return world.serial() == 2; }));
    world.clock.advance(0s);
    REQUIRE(world.until([&] { return secondary.counts().refreshes == 3; }));
  }
}

TEST_CASE("NOTIFYs do not start refreshes faster than they may") {
  World world;
  Primary primary(world.reactor);
  primary.authority->put(zoneWith(1));
  auto options = world.options(primary.address());
  options.notifySpacing = 5s;
  Secondary& secondary = world.start(options);
  CHECK(secondary.notified(Asked(notifyOf(), Carrier::udp, kLoopback).query()) == Rcode::NOERROR);
  CHECK_FALSE(secondary.refreshing());
  world.clock.advance(5s);
  CHECK(secondary.refreshing());
}

TEST_CASE("NOTIFY is taken from listed networks, and with the zone's key") {
  World world;
  Primary primary(world.reactor);
  primary.authority->put(zoneWith(1));
  const TsigKey key = *TsigKey::parse("transfer.test:c2VjcmV0");
  primary.answerer->addKey(key);
  auto options = world.options(primary.address());
  options.key = key;
  options.notifiers = {"192.0.2.0/24"};
  Secondary& secondary = world.start(options);
  const std::string elsewhere("\xcb\0\x71\1", 4);
  CHECK(secondary.notified(Asked(notifyOf(), Carrier::udp, std::string("\xc0\0\2\1", 4)).query()) ==
        Rcode::NOERROR);
  CHECK(secondary.notified(Asked(notifyOf(), Carrier::udp, elsewhere).query()) == Rcode::REFUSED);
  Asked withKey(notifyOf(), Carrier::udp, elsewhere);
  withKey.query().tsigKey = key.name.wire();
  CHECK(secondary.notified(withKey.query()) == Rcode::NOERROR);
}

TEST_CASE("a copy on disk is served at once after a restart, and kept up to date") {
  World world;
  const TemporaryFile file;
  file.remove();
  auto primary = std::make_unique<Primary>(world.reactor);
  primary->authority->put(zoneWith(1, "www TXT \"a \\\" ; b\"\n*.w 60 MX 10 mail\n"));
  auto options = world.options(primary->address());
  options.file = file.path();
  const Lines records = recordsOf(*world.start(options).zone());
  REQUIRE(std::filesystem::exists(file.path()));
  CHECK_FALSE(std::filesystem::exists(file.path() + ".new"));

  // The primary is gone, and the secondary starts again.
  primary->port.stopListening();
  world.authority = std::make_shared<Authority>();
  const Secondary& again = world.start(options);
  REQUIRE(world.serial() == 1);
  CHECK(recordsOf(*again.zone()) == records);
  CHECK(again.counts().whole == 0);
}

TEST_CASE("a copy that has expired is not served") {
  World world;
  const TemporaryFile file("example.test. 300 IN SOA ns h 1 100 100 1000 5\nexample.test. NS ns\n");
  std::filesystem::last_write_time(file.path(),
                                   std::filesystem::file_time_type::clock::now() - 1001s);
  Primary primary(world.reactor);
  auto options = world.options(primary.address());
  options.file = file.path();
  SECTION("expired") {
    world.start(options);
    CHECK(world.serial() == 0);
    CHECK(world.captured.contains(log::Level::warn, "has expired"));
  }
  SECTION("not yet: what is left of its time counts") {
    std::filesystem::last_write_time(file.path(),
                                     std::filesystem::file_time_type::clock::now() - 500s);
    const Secondary& secondary = world.start(options);
    CHECK(world.serial() == 1);
    world.clock.advance(450s);
    CHECK(world.serial() == 1);
    world.clock.advance(60s);
    CHECK(world.serial() == 0);
    CHECK(secondary.expired());
  }
}

TEST_CASE("a copy that cannot be written is a matter of the log, not of the zone") {
  World world;
  Primary primary(world.reactor);
  primary.authority->put(zoneWith(1));
  auto options = world.options(primary.address());
  options.file = "/nowhere/at/all";
  world.start(options);
  CHECK(world.serial() == 1);
  CHECK(world.captured.contains(log::Level::error, "cannot write /nowhere/at/all.new"));
}

TEST_CASE("a secondary that dies in the middle of a transfer leaves nothing behind") {
  World world;
  Primary primary(world.reactor);
  primary.authority->put(zoneWith(1, manyRecords(3000)));
  for (int turns = 0; turns < 30; ++turns) {
    Secondary secondary(world.reactor, world.authority, kApex, world.options(primary.address()));
    secondary.start();
    for (int i = 0; i < turns; ++i) world.reactor.iterate(1ms);
  }
  CHECK(world.until([&] { return world.reactor.connections() == 0; }));
}

TEST_CASE("primaries are addresses, with ports, or endpoints") {
  World world;
  const auto make = [&](const std::string& primary) {
    Secondary(world.reactor, world.authority, kApex, world.options(primary));
  };
  for (const auto* good : {"192.0.2.1", "192.0.2.1:5353", "2001:db8::1", "[2001:db8::1]",
                           "[2001:db8::1]:5353", "tls://ns.example:853"}) {
    CAPTURE(good);
    CHECK_NOTHROW(make(good));
  }
  for (const auto* bad : {"", "ns.example", "192.0.2.1:", "192.0.2.1:x", "192.0.2.1:70000", "["}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(make(bad), InvalidAddressError);
  }
  CHECK_THROWS_AS(Secondary(world.reactor, world.authority, kApex, {}), std::invalid_argument);
}

TEST_CASE("all secondaries together: NOTIFY goes to the right one, missing zones are SERVFAIL") {
  World world;
  Primary primary(world.reactor);
  primary.authority->put(zoneWith(1));
  SecondaryZones zones(world.reactor, world.authority);
  Secondary& here = zones.add(kApex, world.options(primary.address()));
  Secondary& missing = zones.add(Name("missing.test"), world.options(primary.address()));
  REQUIRE(world.until([&] { return !here.refreshing() && !missing.refreshing(); }));
  CHECK(zones.find(Name("EXAMPLE.test")) == &here);
  CHECK_THROWS_AS(zones.add(kApex, world.options("192.0.2.1")), std::invalid_argument);

  CHECK(zones.notified(Asked(notifyOf(2), Carrier::udp, kLoopback).query()) == Rcode::NOERROR);
  CHECK(here.refreshing());
  CHECK(zones.notified(Asked(notifyOf(2, "other.test"), Carrier::udp, kLoopback).query()) ==
        Rcode::NOTAUTH);

  const auto servfail = ask(zones, "www.missing.test", Type::A);
  CHECK(servfail.verdict == Verdict::answered);
  CHECK(servfail.message.rcode == Rcode::SERVFAIL);
  CHECK(ask(zones, "www.example.test", Type::A).verdict == Verdict::pass);
  CHECK(ask(zones, "www.other.test", Type::A).verdict == Verdict::pass);
}
