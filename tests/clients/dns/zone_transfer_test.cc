// Zones by AXFR: put together from messages, refused where they are none, signed. RFC 5936, RFC
// 8945.
#include "ropewalk/clients/dns/zone_transfer.h"

#include "ropewalk/protocols/dns/transfer_reader.h"
#include "tests/clients/dns/lying_server.h"

namespace ropewalk::dns::testing {
namespace {

constexpr std::uint64_t kNow = 1'700'000'000;  // by the World's wall

Record line(const std::string& name, const std::string& text) {
  return makeRecord(Name(name), std::string_view(text));
}
Record soa(int serial = 1) {
  return line("example", format("SOA ns.example. root.example. {} 2 3 4 5", serial));
}

/// A server and a transfer from it.
struct Zone {
  explicit Zone(LyingServer::Script script) : server(world.reactor, std::move(script)) {
    options.server(server.address());
  }
  Deferred<std::vector<Record>> transfer() { return lookupZone(world.reactor, "example", options); }
  template <class E>
  std::string failure() {
    return world.awaitFailure<E>(transfer()).getErrorMessage();
  }

  UnhandledFailures unhandled;
  World world;
  LyingServer server;
  ZoneTransferOptions options;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a zone comes in several messages, whose later ones need no question") {
  Zone zone([](const Got& got) {
    got.reply(got.answer({soa(), line("example", "NS ns.example.")}));
    Message more = got.answer({line("ns.example", "A 192.0.2.1")});
    more.questions.clear();
    got.reply(more);
    more.answers = {soa()};
    got.reply(more);
  });
  const auto records = zone.world.await(zone.transfer());
  REQUIRE(records.size() == 3);
  CHECK(records[0].type == Type::SOA);
  CHECK(records[2].type == Type::A);
  CHECK(zone.server.got.at(0).overTcp);
  CHECK(zone.server.got.at(0).query.questions.at(0).type == Type::AXFR);
  CHECK_FALSE(zone.server.got.at(0).query.recursionDesired);
}

TEST_CASE("what is no zone is refused, and the message says why") {
  const auto which = GENERATE(0, 1, 2, 3, 4, 5, 6);
  Zone zone([&](const Got& got) {
    const Record address = line("a.example", "A 192.0.2.1");
    Message answer = got.answer({soa(), address, soa()});
    if (which == 0) answer.answers = {address, soa(), soa()};
    if (which == 1) answer.answers = {soa(), line("a.other", "A 192.0.2.1"), soa()};
    if (which == 2) answer.answers = {soa(), soa(), address};
    if (which == 3) answer.id ^= 1;
    if (which == 4) answer.questions[0].name = Name("other");
    if (which == 5) answer.truncated = true;
    which == 6 ? got.send("garbage") : got.reply(answer);
  });
  const std::string why = zone.failure<ResolverError>();
  const char* const reasons[] = {"begin with the SOA",  "a.other. is not of this zone",
                                 "behind the last SOA", "something else",
                                 "another question",    "truncated",
                                 "zone example."};
  INFO(why);
  CHECK(has(why, reasons[which]));
}

/// Sums up an update: "removed 1: a.example." and so on.
std::vector<std::string> stepsOf(const ZoneUpdate& update) {
  std::vector<std::string> all;
  const auto put = [&all](const char* what, const std::vector<Record>& records) {
    std::string text = what;
    for (const Record& record : records) {
      text += record.type == Type::SOA ? format(" SOA {}", serialOf(record))
                                       : " " + toText(record.name);
    }
    all.push_back(text);
  };
  for (const auto& step : update.steps) {
    put("removed", step.removed);
    put("added", step.added);
  }
  return all;
}

TEST_CASE("changes of a zone since a serial: steps, nothing, or the whole zone") {
  const auto which = GENERATE(0, 1, 2);
  Zone zone([&](const Got& got) {
    const Record a = line("a.example", "A 192.0.2.1");
    const Record b = line("b.example", "A 192.0.2.1");
    std::vector<Record> steps{soa(3), soa(1), a, soa(2), b, soa(2), b, soa(3), soa(3)};
    if (which == 1) steps = {soa(1)};
    if (which == 2) steps = {soa(3), a, b, soa(3)};
    got.reply(got.answer(std::move(steps)));
  });
  const ZoneUpdate update =
      zone.world.await(lookupZoneChanges(zone.world.reactor, "example", 1, zone.options));
  const Message& asked = zone.server.got.at(0).query;
  CHECK(asked.questions.at(0).type == Type::IXFR);
  REQUIRE(asked.authority.size() == 1);
  CHECK(serialOf(asked.authority[0]) == 1);
  CHECK(serialOf(update.soa) == (which == 1 ? 1 : 3));
  using Form = ZoneUpdate::Form;
  const Form forms[] = {Form::changes, Form::upToDate, Form::whole};
  CHECK(update.form == forms[which]);
  CHECK(update.records.size() ==
        std::vector<std::size_t>{0, 1, 3}[static_cast<std::size_t>(which)]);
  if (which != 0) {
    CHECK(update.steps.empty());
    return;
  }
  CHECK(stepsOf(update) == std::vector<std::string>{"removed SOA 1 a.example.",
                                                    "added SOA 2 b.example.",
                                                    "removed SOA 2 b.example.", "added SOA 3"});
}

TEST_CASE("changes that do not begin at the serial are refused") {
  Zone zone([](const Got& got) { got.reply(got.answer({soa(3), soa(2), soa(3), soa(3)})); });
  const std::string why = zone.world
                              .awaitFailure<ResolverError>(
                                  lookupZoneChanges(zone.world.reactor, "example", 1, zone.options))
                              .getErrorMessage();
  CHECK(has(why, "changes from serial 2, where 1 is due"));
}

TEST_CASE("a server that gives the zone to nobody says so by its type") {
  Zone zone([](const Got& got) { got.reply(got.failed(Rcode::REFUSED)); });
  zone.failure<DNSQueryRefusedError>();
  zone.server.script = [](const Got& got) { got.reply(got.failed(Rcode::NOTAUTH)); };
  zone.failure<DNSUnknownError>();
}

TEST_CASE("limits on records and bytes") {
  Zone zone([](const Got& got) {
    Message answer = got.answer({soa()});
    for (int i = 0; i < 100; ++i)
      answer.answers.push_back(line(format("n{}.example", i), "A 192.0.2.1"));
    got.reply(answer);
  });
  zone.options.maxRecords(50);
  CHECK(has(zone.failure<ResolverError>(), "more than 50 records"));
  zone.options.maxRecords(1'000);
  zone.options.maxBytes(1'000);
  CHECK(has(zone.failure<ResolverError>(), "longer than 1000 bytes"));
}

TEST_CASE("a transfer that stops in the middle fails: by time, by end, by cancelling") {
  Zone zone([](const Got& got) { got.reply(got.answer({soa()})); });
  auto transferring = zone.transfer();
  REQUIRE(zone.world.until([&] { return zone.server.got.size() == 1; }));
  zone.world.settle();
  SECTION("time") {
    zone.world.advance(30s);
    failureResultOf<DNSQueryTimeoutError>(transferring);
  }
  SECTION("cancel") {
    transferring.cancel();
    failureResultOf<CancelledError>(transferring);
  }
}

TEST_CASE("each message buys the server time") {
  std::optional<Got> held;
  Zone zone([&](const Got& got) {
    held = got;
    got.reply(got.answer({soa()}));
  });
  auto transferring = zone.transfer();
  REQUIRE(zone.world.until([&] { return held.has_value(); }));
  zone.world.settle();
  for (int piece = 0; piece < 3; ++piece) {
    zone.world.advance(29s);
    held->reply(held->answer({line(format("n{}.example", piece), "A 192.0.2.1")}));
    zone.world.settle();
  }
  held->reply(held->answer({soa()}));
  CHECK(zone.world.await(std::move(transferring)).size() == 4);
}

TsigKey key(const std::string& secret = "0123456789abcdef") {
  TsigKey key;
  key.name = Name("transfer.key");
  key.secret = secret;
  return key;
}

TEST_CASE("a signed transfer: all messages are checked") {
  const auto which = GENERATE(0, 1, 2, 3);  // good, another secret, unsigned, last one unsigned
  Zone zone([&](const Got& got) {
    const auto view = got.query.encode();
    std::string requestMac;
    REQUIRE(got.query.tsig);
    // The MAC of the request, as a server keeps it: behind the algorithm, time and fudge.
    const std::string& data = got.query.tsig->data;
    const std::size_t at = wire::nameLength(data) + 6 + 2;
    const std::size_t length = static_cast<unsigned char>(data.at(at)) * 256U +
                               static_cast<unsigned char>(data.at(at + 1));
    requestMac = data.substr(at + 2, length);
    TsigSession session(which == 1 ? key("another secret!!") : key(), requestMac);
    std::string first = got.answer({soa()}).encode(), last = got.answer({soa()}).encode();
    if (which != 2) session.sign(first, kNow);
    if (which < 2) session.sign(last, kNow);
    got.send(first);
    got.send(last);
  });
  zone.options.key(key());
  if (which == 0) {
    CHECK(zone.world.await(zone.transfer()).size() == 1);
  } else {
    const std::string why = zone.failure<ResolverError>();
    INFO(why);
    CHECK((has(why, "signature") || has(why, "signed")));
  }
}

TEST_CASE("a server that makes no sense for a transfer") {
  Zone zone({});
  zone.options.server("https://dns.example/dns-query");
  zone.failure<InvalidAddressError>();
  failureResultOf<FormatError>(lookupZone(zone.world.reactor, "a..b", zone.options));
}

}  // namespace
}  // namespace ropewalk::dns::testing
