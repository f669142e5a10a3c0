// Transfers as their asker reads them: what each record is, however the messages are cut, and what is
// refused. RFC 5936 §2.2, RFC 1995 §4.
#include "ropewalk/protocols/dns/transfer_reader.h"

#include <algorithm>
#include <string>
#include <vector>

#include "ropewalk/core/base/format.h"
#include "ropewalk/protocols/dns/records.h"
#include "tests/catch.h"
#include "tests/protocols/dns/bytes.h"

using namespace ropewalk;
using namespace ropewalk::dns;
using ropewalk::dns::testing::complaint;

namespace {

using Lines = std::vector<std::string>;
using Records = std::vector<Record>;

constexpr std::uint16_t kId = 4711;
const Name kZone("example.test");

Record soa(int serial) {
  return makeRecord(kZone, std::string_view(format("SOA ns h {} 1 1 1 1", serial)));
}
Record host(const std::string& name) {
  return makeRecord(Name(name + ".example.test"), A("192.0.2.1"));
}

std::string messageOf(Type type, Records records) {
  Message message;
  message.id = kId;
  message.response = true;
  message.questions.push_back({kZone, type, Class::IN});
  message.answers = std::move(records);
  return message.encode();
}

TransferReader axfr() { return {kZone, Type::AXFR, kId, {}}; }
TransferReader ixfr(int since) { return {soa(since), kId, {}}; }

/// What becomes of messages: the parts, and how it ended.
Lines partsOf(TransferReader reader, const std::vector<std::string>& messages) {
  constexpr const char* kNames[] = {"newest", "record", "removed", "added"};
  Lines parts;
  for (const auto& wire : messages) {
    const auto message = reader.read(wire, 0);
    if (!message) return parts.push_back(complaint(message)), parts;
    const auto over = reader.take(*message, [&](TransferPart part, const Record& record) {
      const bool isSoa = record.type == Type::SOA;
      parts.push_back(format(
          "{} {}", kNames[static_cast<std::size_t>(part)],
          isSoa ? format("SOA {}", serialOf(record)) : std::string(record.name.firstLabel())));
      return Result<void>();
    });
    if (!over) return parts.push_back(complaint(over)), parts;
    if (*over) parts.push_back(reader.upToDate() ? "up to date" : "over");
  }
  return parts;
}

/// The same from one message, from two cut anywhere, and from one a record.
void checkEveryCut(const TransferReader& reader, const Records& records, const Lines& parts) {
  const Type type = reader.type();
  CHECK(partsOf(reader, {messageOf(type, records)}) == parts);
  std::vector<std::string> single;
  for (std::size_t cut = 0; cut < records.size(); ++cut) {
    const auto at = records.begin() + static_cast<std::ptrdiff_t>(cut);
    CHECK(partsOf(reader, {messageOf(type, {records.begin(), at}),
                           messageOf(type, {at, records.end()})}) == parts);
    single.push_back(messageOf(type, {*at}));
  }
  CHECK(partsOf(reader, single) == parts);
}

}  // namespace

TEST_CASE("a whole zone is between its SOA and its SOA") {
  checkEveryCut(axfr(), {soa(3), host("a"), host("b"), soa(3)},
                {"newest SOA 3", "record a", "record b", "over"});
  checkEveryCut(ixfr(1), {soa(3), host("a"), soa(3)}, {"newest SOA 3", "record a", "over"});
}

TEST_CASE("changes are steps of what was removed and what was added") {
  checkEveryCut(
      ixfr(1),
      {soa(3), soa(1), host("a"), soa(2), host("b"), soa(2), host("b"), soa(3), host("c"), soa(3)},
      {"newest SOA 3", "removed SOA 1", "removed a", "added SOA 2", "added b", "removed SOA 2",
       "removed b", "added SOA 3", "added c", "over"});
}

TEST_CASE("who is up to date, or ahead, gets the SOA alone") {
  CHECK(partsOf(ixfr(3), {messageOf(Type::IXFR, {soa(3)})}) == Lines{"newest SOA 3", "up to date"});
  CHECK(partsOf(ixfr(4), {messageOf(Type::IXFR, {soa(3)})}) == Lines{"newest SOA 3", "up to date"});
}

TEST_CASE("the question of an IXFR has the SOA that is here") {
  TransferReader reader = ixfr(7);
  const auto asked = Message::decode(reader.question(0));
  REQUIRE(asked);
  CHECK(asked->questions.at(0) == Question{kZone, Type::IXFR, Class::IN});
  CHECK(serialOf(asked->authority.at(0)) == 7);
}

TEST_CASE("what is no transfer is refused with the reason") {
  const auto why = [](Records records, TransferReader reader = axfr()) {
    const Type type = reader.type();
    return partsOf(std::move(reader), {messageOf(type, std::move(records))}).back();
  };
  CHECK_THAT(why({host("a")}), Catch::Contains("does not begin with the SOA of example.test."));
  CHECK(why({soa(1), host("a"), soa(2)}) == "it begins with serial 1 and ends with 2");
  CHECK(why({soa(1), soa(1), host("a")}) == "something came behind the last SOA");
  CHECK(why({soa(3), soa(2), soa(3), soa(3)}, ixfr(1)) == "changes from serial 2, where 1 is due");
  Record foreign = soa(1);
  foreign.name = Name("sub.example.test");
  CHECK(why({soa(1), foreign}) == "an SOA of sub.example.test. came");
  Record chaos = host("a");
  chaos.klass = Class::CH;
  CHECK(why({soa(1), chaos}) == "a record of class CH came");
  CHECK(
      why({soa(1), host("a"), host("b")}, TransferReader(kZone, Type::AXFR, kId, {.records = 2})) ==
      "it has more than 2 records");
  CHECK(why({soa(1), soa(1)}, TransferReader(kZone, Type::AXFR, kId, {.bytes = 50})) ==
        "it is longer than 50 bytes");
}

TEST_CASE("what is no answer to the question is refused") {
  const auto why = [](auto spoil) {
    auto message = *Message::decode(messageOf(Type::AXFR, {soa(1), soa(1)}));
    spoil(message);
    TransferReader reader = axfr();
    return complaint(reader.read(message.encode(), 0));
  };
  CHECK(why([](Message&) {}) == "");
  CHECK(why([](Message& m) { m.id ^= 1; }) == "an answer to something else came");
  CHECK(why([](Message& m) { m.response = false; }) == "an answer to something else came");
  CHECK(why([](Message& m) { m.opcode = Opcode::NOTIFY; }) == "a message with another opcode came");
  CHECK(why([](Message& m) { m.questions[0].type = Type::IXFR; }) ==
        "an answer to another question came");
  CHECK(why([](Message& m) { m.truncated = true; }) == "a message was truncated");
  CHECK(why([](Message& m) { m.questions.clear(); }) ==
        "the first message does not repeat the question");
  CHECK(why([](Message& m) {
          m.questions.clear();
          m.rcode = Rcode::REFUSED;
        }) == "");
}
