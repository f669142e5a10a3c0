// Secondaries against primaries of our own, on loopback. RFC 1034 §4.3.5, RFC 1995.
#include "ropewalk/servers/dns/transfer/secondary.h"

#include "ropewalk/servers/dns/transfer/secondary_zones.h"
#include "tests/servers/dns/transfer/secondary_world.h"

using namespace ropewalk;
using namespace ropewalk::dns;
using namespace ropewalk::dns::trial;

TEST_CASE("a secondary gets the zone from its primary, whole, and serves it") {
  SecondaryWorld world;
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
  SecondaryWorld world;
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
  SecondaryWorld world;
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
  SecondaryWorld world;
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
  SecondaryWorld world;
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
  SecondaryWorld world;
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

TEST_CASE("a primary that ends the connection at IXFR, or says nothing, is asked for AXFR") {
  SecondaryWorld world;
  const bool ends = GENERATE(true, false);
  std::uint32_t serial = 1;
  Liar primary(world.reactor, [&](const Message& question) {
    const Record soa = soaRecord(serial);
    const Type type = question.questions[0].type;
    if (type == Type::SOA) return std::vector{answerTo(question, {soa})};
    if (type == Type::AXFR) return std::vector{answerTo(question, {soa, nsRecord(), soa})};
    return ends ? std::vector<Message>{Message()} : std::vector<Message>();
  });
  auto options = world.options(primary.address());
  options.answerTimeout = 200ms;
  Secondary& secondary = world.start(options);
  serial = 2;
  world.round(secondary);
  CHECK(world.serial() == 2);
  CHECK(secondary.counts().whole == 2);
  CHECK(secondary.counts().failures == 0);
}

TEST_CASE("a primary that ends the connection before IXFR is asked once a round") {
  SecondaryWorld world;
  int asked = 0;
  bool ends = false;
  Liar primary(world.reactor, [&](const Message& question) {
    if (ends && ++asked != 0) return std::vector<Message>{Message()};
    const Record soa = soaRecord(1);
    if (question.questions[0].type == Type::SOA) return std::vector{answerTo(question, {soa})};
    return std::vector{answerTo(question, {soa, nsRecord(), soa})};
  });
  Secondary& secondary = world.start(world.options(primary.address()));
  ends = true;
  world.round(secondary);
  CHECK(asked == 1);
  CHECK(secondary.counts().failures == 1);
}

TEST_CASE("the next primary is asked where one does not answer") {
  SecondaryWorld world;
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
  SecondaryWorld world;
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
  SecondaryWorld world;
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
  SecondaryWorld world;
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
  SecondaryWorld world;
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
  SecondaryWorld world;
  Primary primary(world.reactor);
  primary.authority->put(zoneWith(1, manyRecords(3000)));
  auto options = world.options(primary.address());
  std::string why;
  SECTION("records") {
    options.maxRecords = 3000;
    why = "more than 3000 records";
  }
  SECTION("bytes") {
    options.maxBytes = 10'000;
    why = "longer than 10000 bytes";
  }
  const Secondary& secondary = world.start(options);
  CHECK(world.serial() == 0);
  CHECK(secondary.counts().failures == 1);
  CHECK(world.captured.contains(log::Level::warn, why));
}

TEST_CASE("a primary that falls silent is given up after the time-out") {
  SecondaryWorld world;
  Liar primary(world.reactor, [&](const Message&) { return std::vector<Message>(); });
  auto options = world.options(primary.address());
  options.answerTimeout = 20ms;
  const Secondary& secondary = world.start(options);
  CHECK(secondary.counts().failures == 1);
  CHECK(world.captured.contains(log::Level::warn, "no answer to SOA"));
}

TEST_CASE("a transfer that ends in the middle is a failure") {
  SecondaryWorld world;
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
  SecondaryWorld world;
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
  SecondaryWorld world;
  Primary primary(world.reactor);
  const TsigKey key = *TsigKey::parse("hmac-sha256:transfer.test:c2VjcmV0");
  TransferPolicy policy;
  policy.allowKey(key.name);
  primary.transfers->setPolicy(policy);
  primary.authority->put(zoneWith(1, manyRecords(3000)));
  auto options = world.options(primary.address());
  SECTION("the same key") {
    primary.dispatcher->addKey(key);
    options.key = key;
    world.start(options);
    CHECK(world.serial() == 1);
  }
  SECTION("another secret") {
    primary.dispatcher->addKey(key);
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
  SecondaryWorld world;
  Liar primary(world.reactor, [&](const Message& question) {
    return std::vector{answerTo(question, {soaRecord(1)})};
  });
  auto options = world.options(primary.address());
  options.key = *TsigKey::parse("transfer.test:c2VjcmV0");
  world.start(options);
  CHECK(world.captured.contains(log::Level::warn, "the answer is not signed"));
}

TEST_CASE("a secondary that dies in the middle of a transfer leaves nothing behind") {
  SecondaryWorld world;
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
  SecondaryWorld world;
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
