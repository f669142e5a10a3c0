// MessageWriter: compression, and what it does without room. RFC 1035 §4.1.4.
#include "ropewalk/protocols/dns/writer.h"

#include <algorithm>
#include <array>
#include <vector>

#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/dns/message.h"
#include "ropewalk/protocols/dns/records.h"
#include "tests/catch.h"
#include "tests/protocols/dns/bytes.h"

using namespace ropewalk;
using namespace ropewalk::dns;
using ropewalk::dns::testing::bytes;
using ropewalk::dns::testing::complaint;

namespace {

const Name kName("www.example.org");

struct Room {
  explicit Room(std::size_t size) : bytes(size, '\x55'), writer(bytes) { writer.start(1); }
  bool add(const Record& record, Section section = Section::answer) {
    return writer.record(section, record.name.wire(), record.type, record.klass, record.ttl,
                         record.data);
  }
  std::vector<char> bytes;
  MessageWriter writer;
};

Record address(const Name& name = kName) { return makeRecord(name, "A 192.0.2.1"); }

}  // namespace

TEST_CASE("names point to their longest ending that was written before") {
  Room room(512);
  REQUIRE(room.writer.question(kName.wire(), Type::A, Class::IN));
  REQUIRE(room.add(address()));
  REQUIRE(room.add(address(Name("ftp.Example.ORG"))));
  REQUIRE(room.add(address(Name("org"))));
  REQUIRE(room.add(address(Name())));
  REQUIRE(room.add(makeRecord(Name("x.ftp.example.org"), "CNAME y.ftp.example.org.")));
  CHECK(hex(room.writer.finish()) == hex(bytes("0001 8000 0001 0005 0000 0000"
                                               "03 777777 07 6578616d706c65 03 6f7267 00 0001 0001"
                                               "c00c 0001 0001 0000012c 0004 c0000201"
                                               "03 667470 c010 0001 0001 0000012c 0004 c0000201"
                                               "c018 0001 0001 0000012c 0004 c0000201"
                                               "00 0001 0001 0000012c 0004 c0000201"
                                               "01 78 c031 0005 0001 0000012c 0004 01 79 c031")));
}

TEST_CASE("the same ending in other labels is no ending") {
  Room room(512);
  REQUIRE(room.add(address(Name("b.example"))));
  REQUIRE(room.add(address(Name(R"(a\001b.example)"))));
  const auto read = Message::decode(room.writer.finish());
  REQUIRE(complaint(read) == "");
  CHECK(read->answers[1].name == Name(R"(a\001b.example)"));
}

TEST_CASE(
    "more names than the writer remembers, and names past the reach of pointers, stay right") {
  Room room(65'535);
  Message expected;
  for (int i = 0; i < 2000; ++i) {
    // 7919 is prime: the names come back in another order, near and far.
    const std::string text = "n" + std::to_string(i * 7919 % 613) + ".sub.example.org";
    expected.answers.push_back(makeRecord(Name(text), "MX 1 mx." + text + "."));
    REQUIRE(room.add(expected.answers.back()));
  }
  const auto wire = room.writer.finish();
  CHECK(wire.size() > 0x4000);
  const auto read = Message::decode(wire);
  REQUIRE(complaint(read) == "");
  CHECK(read->answers == expected.answers);
}

TEST_CASE("a call without room writes nothing, and the writer goes on") {
  const Record record = makeRecord(kName, "MX 10 mail.example.net.");
  Room big(512);
  REQUIRE(big.add(record));
  const std::size_t needed = big.writer.size();
  for (std::size_t size = kHeaderLength; size < needed; ++size) {
    Room room(size);
    INFO(size << " bytes of " << needed);
    CHECK_FALSE(room.add(record));
    CHECK(room.writer.size() == kHeaderLength);
    CHECK(room.writer.count(Section::answer) == 0);
    if (size >= kHeaderLength + 15) CHECK(room.add(address(Name())));
    CHECK(Message::decode(room.writer.finish()).ok());
  }
  Room exact(needed);
  CHECK(exact.add(record));
}

TEST_CASE("a question without room is not counted") {
  Room room(kHeaderLength + kName.wire().size() + 3);
  CHECK_FALSE(room.writer.question(kName.wire(), Type::A, Class::IN));
  CHECK(room.writer.finish().size() == kHeaderLength);
}

TEST_CASE("the writer never writes past its room") {
  std::vector<char> bytes(200, '\x55');
  for (std::size_t size = kHeaderLength; size < 150; ++size) {
    std::fill(bytes.begin(), bytes.end(), '\x55');
    MessageWriter writer(std::span<char>(bytes).first(size));
    writer.start(1);
    while (writer.record(Section::answer, kName.wire(), Type::TXT, Class::IN, 1, "\3abc")) {
    }
    (void)writer.opt(1232, Rcode::NOERROR, false, "");
    CHECK(writer.finish().size() <= size);
    CHECK(std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(size), bytes.end(),
                      [](char c) { return c == '\x55'; }));
  }
}

TEST_CASE("rewinding forgets records and the names in them") {
  Room room(512);
  REQUIRE(room.add(address()));
  const auto mark = room.writer.mark();
  const std::string before(room.writer.finish());
  REQUIRE(room.add(address(Name("gone.example.net"))));
  room.writer.rewind(mark);
  CHECK(std::string(room.writer.finish()) == before);
  REQUIRE(room.add(address(Name("mail.gone.example.net"))));
  const auto read = Message::decode(room.writer.finish());
  REQUIRE(complaint(read) == "");
  REQUIRE(read->answers.size() == 2);
  CHECK(read->answers[1].name == Name("mail.gone.example.net"));
}

TEST_CASE("what is kept free is there for OPT") {
  const std::size_t record = kName.wire().size() + 14;
  Room room(kHeaderLength + record + 11);
  room.writer.keepFree(11);
  CHECK(room.writer.limit() == kHeaderLength + record);
  REQUIRE(room.add(address()));
  CHECK_FALSE(room.add(address(Name())));
  CHECK_FALSE(room.writer.opt(1232, Rcode::NOERROR, true, bytes("000a0000")));
  REQUIRE(room.writer.opt(1232, Rcode::BADVERS, true, {}));
  const auto read = Message::decode(room.writer.finish());
  REQUIRE(complaint(read) == "");
  CHECK(read->answers.size() == 1);
  CHECK(read->edns->dnssecOk);
  CHECK(read->rcode == Rcode::BADVERS);
}

TEST_CASE("keeping more free than there is leaves no room for records") {
  Room room(100);
  room.writer.keepFree(1000);
  CHECK_FALSE(room.add(address(Name())));
  CHECK_FALSE(room.writer.question(kName.wire(), Type::A, Class::IN));
}

TEST_CASE("RRsets are written whole or not at all") {
  std::vector<Record> records;
  for (const char* name : {"a.example", "b.example", "c.example"}) {
    for (int i = 0; i < 3; ++i) {
      records.push_back(makeRecord(Name(name), "A 192.0.2." + std::to_string(i)));
    }
  }
  for (std::size_t size = kHeaderLength; size < 250; ++size) {
    Room room(size);
    const bool all = writeRecords(room.writer, Section::authority, records);
    INFO(size << " bytes");
    CHECK(room.writer.count(Section::authority) % 3 == 0);
    CHECK(all == (room.writer.count(Section::authority) == 9));
    CHECK(Message::decode(room.writer.finish()).ok());
  }
}

TEST_CASE("starting anew forgets everything") {
  Room room(512);
  room.writer.keepFree(500);
  room.writer.start(2, {.response = false});
  REQUIRE(room.add(address()));
  CHECK(hex(room.writer.finish().substr(0, 12)) == "000200000000000100000000");
}

TEST_CASE("data that has not the form of its type is written as it is") {
  Room room(512);
  REQUIRE(room.add({kName, Type::MX, Class::IN, 1, bytes("000a 40")}));
  CHECK_THAT(hex(room.writer.finish()), Catch::EndsWith("0003000a40"));
}
