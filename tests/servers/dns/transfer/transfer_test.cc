// AXFR and IXFR out. RFC 5936, RFC 1995, RFC 8945 §5.3.
#include "ropewalk/servers/dns/transfer/transfer.h"

#include <string>
#include <vector>

#include "ropewalk/protocols/dns/rdata.h"
#include "ropewalk/protocols/dns/records.h"
#include "tests/catch.h"
#include "tests/servers/dns/zone_world.h"

using namespace ropewalk;
using namespace ropewalk::dns;
using namespace ropewalk::dns::trial;

namespace {

const std::string kLoopback{"\x7f\0\0\1", 4};

TransferPolicy anybody() {
  TransferPolicy policy;
  policy.allow({"any"});
  return policy;
}

/// A server with zones, a history, and anybody may transfer.
struct Primary {
  Primary() {
    authority->onChange([this](const auto& zone) { history->changed(zone); });
    transfers.setPolicy(anybody());
  }
  void put(std::uint32_t serial, std::string_view records = {}) {
    authority->put(zoneWith(serial, records));
  }

  Reactor reactor;
  std::shared_ptr<Authority> authority = std::make_shared<Authority>();
  std::shared_ptr<ZoneHistory> history = std::make_shared<ZoneHistory>(reactor);
  Transfers transfers{authority, history};
};

Message ixfr(std::uint32_t serial) {
  Message message = Asked::questionFor("example.test", Type::IXFR);
  SOA soa;
  soa.serial = serial;
  message.authority.push_back(makeRecord(Name("example.test"), soa));
  return message;
}

Asked axfr(Carrier carrier = Carrier::tcp) {
  return Asked("example.test", Type::AXFR, carrier, kLoopback);
}

/// All messages of a transfer, in wire form.
std::vector<std::string> messagesOf(Transfers::Begun begun) {
  REQUIRE(begun.rcode == Rcode::NOERROR);
  std::vector<std::string> all;
  std::string message;
  while (begun.transfer->next(message)) all.push_back(message);
  return all;
}

/// All records of a transfer, in their order: "SOA 7", "www A 192.0.2.1".
Lines recordsOfAll(const std::vector<std::string>& messages) {
  Lines all;
  for (const auto& wire : messages) {
    auto message = Message::decode(wire);
    REQUIRE(message);
    for (const auto& record : message->answers) {
      if (record.type == Type::SOA) {
        all.push_back("SOA " + std::to_string(SOA::fromData(record.data, Seconds(0))->serial));
      } else {
        all.push_back(toText(record.name).substr(0, toText(record.name).find(".example")) + " " +
                      toText(record.type) + " " + rdataToText(record.type, record.data));
      }
    }
  }
  return all;
}

Lines transferred(Primary& primary, Asked asked) {
  return recordsOfAll(messagesOf(primary.transfers.begin(asked.query())));
}
Lines transferredSince(Primary& primary, std::uint32_t serial) {
  return transferred(primary, Asked(ixfr(serial), Carrier::tcp, kLoopback));
}

std::string manyRecords(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += "host" + std::to_string(i) + " A 10.0." + std::to_string(i / 250) + "." +
            std::to_string(i % 250) + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("AXFR gives every record between the SOA and the SOA") {
  Primary primary;
  primary.put(7,
              "www A 192.0.2.1\nwww A 192.0.2.2\n*.w TXT x\nsub NS ns.sub\nns.sub A 192.0.2.3\n");
  Lines records = transferred(primary, axfr());
  REQUIRE(records.size() == 9);
  CHECK(records.front() == "SOA 7");
  CHECK(records.back() == "SOA 7");
  std::sort(records.begin() + 1, records.end() - 1);
  CHECK(Lines(records.begin() + 1, records.end() - 1) ==
        Lines{"*.w TXT \"x\"", "example.test. NS ns.example.test.", "ns A 192.0.2.53",
              "ns.sub A 192.0.2.3", "sub NS ns.sub.example.test.", "www A 192.0.2.1",
              "www A 192.0.2.2"});
}

TEST_CASE("a large zone comes in many full messages, of which the first has the question") {
  Primary primary;
  primary.put(1, manyRecords(5000));
  auto asked = axfr();
  const auto messages = messagesOf(primary.transfers.begin(asked.query()));
  REQUIRE(messages.size() > 3);
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const auto message = Message::decode(messages[i]);
    REQUIRE(message);
    CHECK(message->id == 4711);
    CHECK(message->response);
    CHECK(message->authoritative);
    CHECK_FALSE(message->truncated);
    CHECK(message->rcode == Rcode::NOERROR);
    CHECK(message->questions.size() == (i == 0 ? 1U : 0U));
    CHECK(messages[i].size() <= TransferOut::kMessageSize);
    if (i + 1 < messages.size()) CHECK(messages[i].size() > TransferOut::kMessageSize - 100);
  }
  CHECK(recordsOfAll(messages).size() == 5004);
}

TEST_CASE("a transfer holds the version that it began with") {
  Primary primary;
  primary.put(1, manyRecords(5000));
  auto asked = axfr();
  auto begun = primary.transfers.begin(asked.query());
  std::string first;
  REQUIRE(begun.transfer->next(first));
  primary.put(2);
  auto messages = messagesOf(std::move(begun));
  messages.insert(messages.begin(), first);
  const Lines records = recordsOfAll(messages);
  CHECK(records.size() == 5004);
  CHECK(records.back() == "SOA 1");
}

TEST_CASE("a record that needs a longer message gets one") {
  Primary primary;
  std::string text = "big TXT";
  for (int i = 0; i < 200; ++i) text += " " + std::string(200, 'x');
  primary.put(1, text + "\n");
  auto asked = axfr();
  const auto messages = messagesOf(primary.transfers.begin(asked.query()));
  CHECK(messages.size() == 2);
  CHECK(messages[1].size() > TransferOut::kMessageSize);
  CHECK(recordsOfAll(messages).size() == 5);
}

TEST_CASE("a record that no message can hold ends the transfer with SERVFAIL") {
  Primary primary;
  std::string text = "big TXT";
  for (int i = 0; i < 255; ++i) text += " " + std::string(255, 'x');
  primary.put(1, text + " " + std::string(254, 'x') + "\n");
  auto asked = axfr();
  const auto messages = messagesOf(primary.transfers.begin(asked.query()));
  REQUIRE_FALSE(messages.empty());
  CHECK(Message::decode(messages.back())->rcode == Rcode::SERVFAIL);
  CHECK(recordsOfAll(messages).back() != "SOA 1");
}

TEST_CASE("nobody may transfer until somebody is allowed to") {
  Primary primary;
  primary.put(1);
  primary.transfers.setPolicy({});
  auto asked = axfr();
  CHECK(primary.transfers.begin(asked.query()).rcode == Rcode::REFUSED);
}

TEST_CASE("a policy allows networks, keys, and keys within networks") {
  TransferPolicy policy;
  const Name key("transfer.test");
  SECTION("networks") {
    policy.allow({"!127.0.0.2", "127.0.0.0/8"});
    CHECK(policy.allows(axfr().query()));
    Asked other("example.test", Type::AXFR, Carrier::tcp, std::string("\x7f\0\0\2", 4));
    CHECK_FALSE(policy.allows(other.query()));
  }
  SECTION("keys") {
    policy.allowKey(key);
    auto asked = axfr();
    CHECK_FALSE(policy.allows(asked.query()));
    asked.query().tsigKey = key.wire();
    CHECK(policy.allows(asked.query()));
    const Name other("other.test");
    asked.query().tsigKey = other.wire();
    CHECK_FALSE(policy.allows(asked.query()));
  }
  SECTION("both") {
    policy.allowKey(key, {"192.0.2.0/24"});
    auto asked = axfr();
    asked.query().tsigKey = key.wire();
    CHECK_FALSE(policy.allows(asked.query()));
    Asked inside("example.test", Type::AXFR, Carrier::tcp, std::string("\xc0\0\2\1", 4));
    CHECK_FALSE(policy.allows(inside.query()));
    inside.query().tsigKey = key.wire();
    CHECK(policy.allows(inside.query()));
  }
}

TEST_CASE("a zone's own policy is used instead of the common one") {
  Primary primary;
  primary.put(1);
  primary.transfers.setPolicy(Name("example.test"), {});
  CHECK(primary.transfers.begin(axfr().query()).rcode == Rcode::REFUSED);
  primary.transfers.setPolicy({});
  primary.transfers.setPolicy(Name("EXAMPLE.test"), anybody());
  CHECK(primary.transfers.begin(axfr().query()).rcode == Rcode::NOERROR);
}

TEST_CASE("only the top of a zone can be transferred, and only in class IN") {
  Primary primary;
  primary.put(1, "www A 192.0.2.1\n");
  Asked below("www.example.test", Type::AXFR, Carrier::tcp, kLoopback);
  CHECK(primary.transfers.begin(below.query()).rcode == Rcode::NOTAUTH);
  Message chaos = Asked::questionFor("example.test", Type::AXFR);
  chaos.questions[0].klass = Class::CH;
  CHECK(primary.transfers.begin(Asked(chaos, Carrier::tcp, kLoopback).query()).rcode ==
        Rcode::NOTAUTH);
}

TEST_CASE("whoever may not transfer does not learn which zones are here") {
  Primary primary;
  primary.transfers.setPolicy({});
  CHECK(primary.transfers.begin(axfr().query()).rcode == Rcode::REFUSED);
}

TEST_CASE("IXFR tells who is up to date so, with one SOA; and who is ahead") {
  Primary primary;
  primary.put(7);
  CHECK(transferredSince(primary, 7) == Lines{"SOA 7"});
  CHECK(transferredSince(primary, 8) == Lines{"SOA 7"});
}

TEST_CASE("IXFR gives what was removed and what was added, step by step") {
  Primary primary;
  primary.put(1, manyRecords(20) + "www A 192.0.2.1\n");
  primary.put(2, manyRecords(20) + "www A 192.0.2.2\n");
  primary.put(3, manyRecords(20) + "www A 192.0.2.2\nftp A 192.0.2.3\n");
  CHECK(transferredSince(primary, 1) == Lines{"SOA 3", "SOA 1", "www A 192.0.2.1", "SOA 2",
                                              "www A 192.0.2.2", "SOA 2", "SOA 3",
                                              "ftp A 192.0.2.3", "SOA 3"});
  CHECK(transferredSince(primary, 2) ==
        Lines{"SOA 3", "SOA 2", "SOA 3", "ftp A 192.0.2.3", "SOA 3"});
}

TEST_CASE("a TTL that changed takes the set away and gives it anew") {
  Primary primary;
  primary.put(1, manyRecords(20) + "www 60 A 192.0.2.1\n");
  primary.put(2, manyRecords(20) + "www 90 A 192.0.2.1\n");
  CHECK(transferredSince(primary, 1) ==
        Lines{"SOA 2", "SOA 1", "www A 192.0.2.1", "SOA 2", "www A 192.0.2.1", "SOA 2"});
}

TEST_CASE(
    "a signature whose TTL changed goes and comes alone; another case of a name is no change") {
  const std::string signature = " 13 3 60 20300101000000 20200101000000 1 example.test. AQID\n";
  const auto version = [&](const std::string& ttl, const std::string& mx) {
    return manyRecords(20) + "www 60 A 192.0.2.1\nwww 60 RRSIG A" + signature + "www " + ttl +
           " TXT x\nwww " + ttl + " RRSIG TXT" + signature + "www MX 1 " + mx + "\n";
  };
  Primary primary;
  primary.put(1, version("60", "a.test."));
  primary.put(2, version("90", "A.TEST."));
  const auto steps = transferredSince(primary, 1);
  Lines names;
  for (const auto& step : steps) names.push_back(step.substr(0, step.find(" 13 ")));
  CHECK(names == Lines{"SOA 2", "SOA 1", "www TXT \"x\"", "www RRSIG TXT", "SOA 2", "www TXT \"x\"",
                       "www RRSIG TXT", "SOA 2"});
}

TEST_CASE("IXFR gives the whole zone where the changes are not known, or are more than it") {
  Primary primary;
  primary.put(5, manyRecords(20));
  primary.put(6, "www A 192.0.2.1\n");
  const Lines whole{"SOA 6", "example.test. NS ns.example.test.", "ns A 192.0.2.53",
                    "www A 192.0.2.1", "SOA 6"};
  CHECK(transferredSince(primary, 4) == whole);
  CHECK(transferredSince(primary, 5) == whole);
}

TEST_CASE("IXFR without an SOA in its authority section is malformed") {
  Primary primary;
  primary.put(1);
  Asked asked("example.test", Type::IXFR, Carrier::tcp, kLoopback);
  CHECK(primary.transfers.begin(asked.query()).rcode == Rcode::FORMERR);
}

TEST_CASE("the history is bounded in versions and in bytes") {
  Reactor reactor;
  ZoneHistoryOptions options;
  SECTION("versions") { options.versions = 2; }
  SECTION("bytes") { options.bytes = 500; }
  ZoneHistory history(reactor, options);
  std::shared_ptr<const Zone> zone;
  for (std::uint32_t serial = 1; serial <= 4; ++serial) {
    zone = zoneWith(serial, "www A 192.0.2." + std::to_string(serial) + "\n");
    history.changed(zone);
  }
  CHECK_FALSE(history.since(*zone, 1));
  REQUIRE(history.since(*zone, 2));
  CHECK(history.since(*zone, 2)->size() == 2);
  CHECK(history.since(*zone, 3)->size() == 1);
}

TEST_CASE("a serial that went back begins the history anew; the same zone again changes nothing") {
  Reactor reactor;
  ZoneHistory history(reactor);
  history.changed(zoneWith(1));
  history.changed(zoneWith(2, "www A 192.0.2.1\n"));
  const auto again = zoneWith(2, "www A 192.0.2.1\n");
  history.changed(again);
  CHECK(history.since(*again, 1));

  SECTION("went back") {
    const auto back = zoneWith(1);
    history.changed(back);
    CHECK_FALSE(history.since(*back, 2));
    CHECK_FALSE(history.since(*back, 1));
  }
  SECTION("the same serial for something else") {
    const auto other = zoneWith(2, "www A 192.0.2.9\n");
    history.changed(other);
    CHECK_FALSE(history.since(*other, 1));
  }
}

TEST_CASE("serials wrap around") {
  Reactor reactor;
  ZoneHistory history(reactor);
  history.changed(zoneWith(0xFFFF'FFFF));
  const auto zone = zoneWith(3);
  history.changed(zone);
  CHECK(history.since(*zone, 0xFFFF'FFFF));
}

TEST_CASE("large zones are compared on a thread, one version after the other") {
  Reactor reactor;
  ZoneHistoryOptions options;
  options.recordsInline = 0;
  ZoneHistory history(reactor, options);
  history.changed(zoneWith(1));
  history.changed(zoneWith(2, "www A 192.0.2.1\n"));
  const auto zone = zoneWith(3, "ftp A 192.0.2.1\n");
  history.changed(zone);
  CHECK_FALSE(history.since(*zone, 1));
  for (int i = 0; i < 10'000 && !history.since(*zone, 1); ++i) reactor.iterate(100ms);
  REQUIRE(history.since(*zone, 1));
  CHECK(history.since(*zone, 1)->size() == 2);
}

TEST_CASE("a zone that was forgotten while it was compared is forgotten") {
  Reactor reactor;
  ZoneHistoryOptions options;
  options.recordsInline = 0;
  ZoneHistory history(reactor, options);
  history.changed(zoneWith(1));
  history.changed(zoneWith(2));
  history.forget(Name("example.test"));
  const auto zone = zoneWith(4);
  history.changed(zoneWith(3));
  history.changed(zone);
  for (int i = 0; i < 10'000 && !history.since(*zone, 3); ++i) reactor.iterate(100ms);
  CHECK(history.since(*zone, 3));
  CHECK_FALSE(history.since(*zone, 1));
}

TEST_CASE("every message of a signed transfer is signed, and the chain holds") {
  Primary primary;
  primary.put(1, manyRecords(5000));
  const TsigKey key = *TsigKey::parse("transfer.test:c2VjcmV0");
  const auto now = static_cast<std::uint64_t>(ropewalk::now().unixSeconds());
  TsigSession client(key);
  std::string request = axfr().wire();
  client.sign(request, now);

  QueryView view;
  REQUIRE(readQuery(request, view) == QueryFault::none);
  const std::vector<TsigKey> keys{key};
  const TsigKey* found = nullptr;
  const auto check = checkRequest(request, view.tsigAt, keys, now, &found);
  REQUIRE(check.error == Rcode::NOERROR);
  const Query query{view, Carrier::tcp, kLoopback, found->name.wire()};
  const auto messages = messagesOf(primary.transfers.begin(query, found, check.mac));
  CHECK(messages.size() > 3);
  for (const auto& message : messages) {
    CHECK(message.size() <= TransferOut::kMessageSize);
    REQUIRE(client.checkAnswer(message, now).error == Rcode::NOERROR);
    REQUIRE(client.covered());
  }
}

TEST_CASE("an OPT is answered in the first message") {
  Primary primary;
  primary.put(1, manyRecords(5000));
  Message question = Asked::questionFor("example.test", Type::AXFR);
  question.edns.emplace();
  Asked asked(question, Carrier::tcp, kLoopback);
  const auto messages = messagesOf(primary.transfers.begin(asked.query()));
  CHECK(Message::decode(messages[0])->edns);
  CHECK_FALSE(Message::decode(messages[1])->edns);
}

TEST_CASE("over UDP, IXFR gets the SOA alone, and AXFR is refused") {
  Primary primary;
  primary.put(7, "www A 192.0.2.1\n");
  const auto answer = ask(primary.transfers, Asked(ixfr(3), Carrier::udp, kLoopback));
  CHECK(answer.verdict == Verdict::answered);
  CHECK(answer.message.authoritative);
  CHECK(
      lines(answer.message.answers) ==
      Lines{"example.test. 300 SOA ns.example.test. hostmaster.example.test. 7 3600 600 86400 60"});
  const auto refused = ask(primary.transfers, axfr(Carrier::udp));
  CHECK(refused.message.rcode == Rcode::REFUSED);
  CHECK(ask(primary.transfers, "example.test", Type::A).verdict == Verdict::pass);

  primary.transfers.setPolicy({});
  CHECK(ask(primary.transfers, Asked(ixfr(3), Carrier::udp, kLoopback)).message.rcode ==
        Rcode::REFUSED);
}

TEST_CASE("transfers are for streams") {
  CHECK(Transfers::wants(axfr(Carrier::tcp).query()));
  CHECK(Transfers::wants(axfr(Carrier::tls).query()));
  CHECK_FALSE(Transfers::wants(axfr(Carrier::udp).query()));
  CHECK_FALSE(Transfers::wants(axfr(Carrier::https).query()));
  CHECK_FALSE(Transfers::wants(Asked("example.test", Type::SOA, Carrier::tcp).query()));
}
