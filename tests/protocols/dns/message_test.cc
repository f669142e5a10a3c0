// Messages: decoded, encoded, printed. RFC 1035 §4, RFC 2181 §8, RFC 6891, RFC 8945 §5.1.
#include "ropewalk/protocols/dns/message.h"

#include <vector>

#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/dns/records.h"
#include "tests/catch.h"
#include "tests/protocols/dns/bytes.h"

using namespace ropewalk;
using namespace ropewalk::dns;
using ropewalk::dns::testing::bytes;
using ropewalk::dns::testing::complaint;

namespace {

const Name kName("example.org");

const std::string kQuestion = "07 6578616d706c65 03 6f7267 00 0001 0001";

Message answer() {
  Message message;
  message.id = 0x1234;
  message.response = message.authoritative = message.recursionDesired = true;
  message.questions = {{kName, Type::MX}};
  message.answers = {makeRecord(kName, "MX 10 mail.example.org."),
                     makeRecord(kName, "MX 20 mail2.example.org.")};
  message.authority = {makeRecord(kName, "NS ns.example.org.")};
  message.additional = {makeRecord(Name("mail.example.org"), "A 192.0.2.1"),
                        makeRecord(Name("mail.example.org"), "AAAA 2001:db8::1")};
  return message;
}

void checkRoundTrip(const Message& message) {
  const auto again = Message::decode(message.encode());
  REQUIRE(complaint(again) == "");
  CHECK(*again == message);
}

}  // namespace

TEST_CASE("a question is laid out as RFC 1035 §4.1 draws it") {
  Message message;
  message.id = 0xBEEF;
  message.recursionDesired = true;
  message.questions = {{kName}};
  CHECK(hex(message.encode()) == hex(bytes("beef 0100 0001 0000 0000 0000" + kQuestion)));
}

TEST_CASE("an answer is compressed, and read back the same") {
  const Message message = answer();
  const std::string wire = message.encode();
  CHECK(hex(wire) ==
        hex(bytes("1234 8500 0001 0002 0001 0002 07 6578616d706c65 03 6f7267 00 000f 0001"
                  "c00c 000f 0001 0000012c 0009 000a 046d61696c c00c"
                  "c00c 000f 0001 0000012c 000a 0014 056d61696c32 c00c"
                  "c00c 0002 0001 0000012c 0005 026e73 c00c"
                  "c02b 0001 0001 0000012c 0004 c0000201"
                  "c02b 001c 0001 0000012c 0010 20010db8000000000000000000000001")));
  checkRoundTrip(message);
}

TEST_CASE("each flag and code has its own bits") {
  using Set = void (*)(Message&);
  const std::vector<std::pair<Set, std::string>> bits = {
      {[](Message& m) { m.response = true; }, "8000"},
      {[](Message& m) { m.opcode = Opcode::UPDATE; }, "2800"},
      {[](Message& m) { m.authoritative = true; }, "0400"},
      {[](Message& m) { m.truncated = true; }, "0200"},
      {[](Message& m) { m.recursionDesired = true; }, "0100"},
      {[](Message& m) { m.recursionAvailable = true; }, "0080"},
      {[](Message& m) { m.authenticData = true; }, "0020"},
      {[](Message& m) { m.checkingDisabled = true; }, "0010"},
      {[](Message& m) { m.rcode = Rcode::REFUSED; }, "0005"}};
  for (const auto& [set, expected] : bits) {
    Message message;
    set(message);
    CHECK(hex(message.encode()) == "0000" + expected + "0000000000000000");
    checkRoundTrip(message);
  }
}

TEST_CASE("records of every section and unknown types go round") {
  Message message = answer();
  message.answers.push_back(makeRecord(Name("a\\.b.example.org"), "TYPE65280 \\# 3 010203"));
  message.answers.push_back(makeRecord(kName, "SRV 0 0 1 mail.example.org."));
  message.answers.push_back(makeRecord(kName, "SOA ns.example.org. host.example.org. 1 2 3 4 5"));
  message.answers.push_back({kName, Type::A, Class::CH, 0x7FFFFFFF, bytes("c0000201")});
  checkRoundTrip(message);
}

TEST_CASE("names in the data of newer types are not compressed, as RFC 3597 §4 demands") {
  Message message;
  message.answers = {makeRecord(kName, "SRV 0 0 1 example.org.")};
  CHECK_THAT(hex(message.encode()), Catch::EndsWith(hex(kName.wire())));
}

TEST_CASE("EDNS is apart from the additional records, and its rcode has twelve bits") {
  Message message = answer();
  message.rcode = Rcode::BADCOOKIE;
  message.edns = Edns{4096, 0, true, {{EdnsOption::COOKIE, "12345678"}, {EdnsOption(999), ""}}};
  checkRoundTrip(message);
  const std::string wire = message.encode();
  CHECK_THAT(hex(wire), Catch::EndsWith("0000291000"
                                        "01008000"
                                        "0010"
                                        "000a0008"
                                        "3132333435363738"
                                        "03e70000"));
  CHECK(hex(wire.substr(10, 2)) == "0003");
  CHECK(hex(wire.substr(2, 2)) == "8507");
}

TEST_CASE("a TSIG is kept aside as it came, and is the last") {
  Message message = answer();
  message.edns = Edns{};
  message.tsig =
      Record{Name("key"), Type::TSIG, Class::ANY, 0,
             Name("hmac-sha256").wire() + bytes("00006b00fe00 012c 0001 ff 1234 0000 0000")};
  checkRoundTrip(message);
  CHECK_THAT(message.encode(), Catch::EndsWith(message.tsig->data));
}

TEST_CASE("a TTL with its highest bit set is a long one, not none (RFC 8767 4)") {
  const auto message =
      Message::decode(bytes("0000 8000 0000 0001 0000 0000 00 0001 0001 80000001 0004 c0000201"));
  REQUIRE(message.ok());
  CHECK(message->answers.at(0).ttl == 0x7FFF'FFFF);
}

TEST_CASE("a malformed message is refused, and the place named") {
  const auto why = [](const std::string& wire) { return complaint(Message::decode(bytes(wire))); };
  const std::string header = "0000 8000 0000 0001 0000 0000";
  CHECK_THAT(why(""), Catch::Contains("0 bytes"));
  CHECK_THAT(why("0000 8000 0000 0000 0000 00"), Catch::Contains("11 bytes"));
  CHECK_THAT(why("0000 0000 0001 0000 0000 0000"), Catch::Contains("question"));
  CHECK_THAT(why("0000 0000 0001 0000 0000 0000 00 0001 00"), Catch::Contains("question"));
  CHECK_THAT(why(header), Catch::Contains("record 1 of the answer"));
  CHECK_THAT(why(header + "c00c 0001 0001 00000000 0000"), Catch::Contains("name at 12"));
  CHECK_THAT(why(header + "00 0001 0001 00000000 00"), Catch::Contains("cut short"));
  CHECK_THAT(why(header + "00 0001 0001 00000000 0005 c0000201"), Catch::Contains("longer"));
  CHECK_THAT(why(header + "00 0001 0001 00000000 0003 c00002"), Catch::Contains("A: field 1"));
  CHECK_THAT(why("0000 8000 0000 ffff ffff ffff"), Catch::Contains("record 1 of the answer"));
}

TEST_CASE("bytes behind a message mean nothing") {
  const std::string wire = answer().encode();
  for (const std::string& behind : {std::string(1, '\0'), std::string("garbage")}) {
    const auto message = Message::decode(wire + behind);
    REQUIRE(message.ok());
    CHECK(*message == *Message::decode(wire));
  }
}

TEST_CASE("OPT and TSIG where they must not be are refused") {
  const auto why = [](const std::string& wire) { return complaint(Message::decode(bytes(wire))); };
  const std::string opt = "00 0029 1000 00000000 0000";
  const std::string tsig = "00 00fa 00ff 00000000 0011 00 000000000000 0000 0000 0000 0000 0000";
  const std::string a = "00 0001 0001 00000000 0004 c0000201";
  CHECK(why("0000 0000 0000 0000 0000 0002" + opt + tsig) == "");
  CHECK_THAT(why("0000 0000 0000 0000 0000 0002" + opt + opt), Catch::Contains("OPT"));
  CHECK_THAT(why("0000 0000 0000 0001 0000 0000" + opt), Catch::Contains("OPT"));
  CHECK_THAT(why("0000 0000 0000 0000 0000 0001 0161" + opt), Catch::Contains("OPT"));
  CHECK_THAT(why("0000 0000 0000 0000 0000 0002" + tsig + a), Catch::Contains("TSIG"));
  CHECK_THAT(why("0000 0000 0000 0001 0000 0000" + tsig), Catch::Contains("TSIG"));
  CHECK_THAT(why("0000 0000 0000 0000 0000 0001 00 0029 1000 00000000 0003 000a00"),
             Catch::Contains("option"));
  CHECK_THAT(why("0000 0000 0000 0000 0000 0001 00 0029 1000 00000000 0005 000a0002 00"),
             Catch::Contains("option"));
}

TEST_CASE("a message cut off at any byte is refused") {
  const std::string wire = answer().encode();
  for (std::size_t size = 0; size < wire.size(); ++size) {
    INFO("the first " << size << " bytes");
    CHECK_FALSE(Message::decode(std::string_view(wire).substr(0, size)).ok());
  }
}

TEST_CASE("what does not fit is left out from the end, by whole sets") {
  Message message = answer();
  message.edns = Edns{};
  for (int i = 0; i < 40; ++i) {
    message.additional.push_back(
        makeRecord(Name("many.example.org"), "AAAA 2001:db8::" + std::to_string(i)));
  }
  const auto all = Message::decode(message.encode());
  REQUIRE(all.ok());
  CHECK(all->additional.size() == 42);
  const std::string cut = message.encode(512);
  CHECK(cut.size() <= 512);
  const auto read = Message::decode(cut);
  REQUIRE(complaint(read) == "");
  CHECK(read->answers == message.answers);
  CHECK(read->additional.size() == 2);
  CHECK_FALSE(read->truncated);  // RFC 2181 §9: additional data may be missing
  CHECK(read->edns.has_value());
}

TEST_CASE("an answer that does not fit is truncated, and says so; OPT and TSIG stay") {
  Message message = answer();
  message.edns = Edns{};
  message.tsig =
      Record{Name("key"), Type::TSIG, Class::ANY, 0,
             Name("hmac-sha256").wire() + bytes("00006b00fe00 012c 0001 ff 1234 0000 0000")};
  message.answers.clear();
  for (int i = 0; i < 40; ++i) {
    message.answers.push_back(makeRecord(kName, "AAAA 2001:db8::" + std::to_string(i)));
  }
  for (std::size_t limit = 0; limit < 1500; limit += 7) {
    const std::string wire = message.encode(limit);
    INFO("limit " << limit);
    CHECK(wire.size() <= std::max<std::size_t>(limit, 512));
    const auto read = Message::decode(wire);
    REQUIRE(complaint(read) == "");
    const bool whole = read->answers.size() == 40;
    CHECK((whole || read->answers.empty()));
    CHECK(read->truncated == (!whole || read->authority.empty()));
    CHECK(read->edns.has_value());
    CHECK(read->tsig == message.tsig);
  }
}

TEST_CASE("a message of the greatest length is encoded and decoded") {
  Message message;
  message.response = true;
  for (int i = 0; i < 300; ++i) {
    message.answers.push_back(
        makeRecord(Name("n" + std::to_string(i) + ".example.org"), TXT(std::string(180, 'x'))));
  }
  const std::string wire = message.encode();
  CHECK(wire.size() > 0x4000);  // past what pointers reach
  CHECK(wire.size() <= kMaxMessageLength);
  checkRoundTrip(message);
  message.answers.resize(1);
  message.answers[0].data.assign(65'600, '\0');
  CHECK(Message::decode(message.encode())->answers.empty());
}

TEST_CASE("a message is printed as dig does it") {
  Message message = answer();
  message.edns = Edns{1232, 0, true, {}};
  CHECK(toText(message) ==
        ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 4660\n"
        ";; flags: qr aa rd; QUERY: 1, ANSWER: 2, AUTHORITY: 1, ADDITIONAL: 3\n\n"
        ";; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags: do; udp: 1232\n"
        ";; QUESTION SECTION:\n;example.org.\t\tIN\tMX\n"
        "\n;; ANSWER SECTION:\n"
        "example.org.\t300\tIN\tMX\t10 mail.example.org.\n"
        "example.org.\t300\tIN\tMX\t20 mail2.example.org.\n"
        "\n;; AUTHORITY SECTION:\nexample.org.\t300\tIN\tNS\tns.example.org.\n"
        "\n;; ADDITIONAL SECTION:\nmail.example.org.\t300\tIN\tA\t192.0.2.1\n"
        "mail.example.org.\t300\tIN\tAAAA\t2001:db8::1\n");
  CHECK(toText(message.questions[0]) == "example.org. MX");
  CHECK(toText(Question{Name("version.bind"), Type::TXT, Class::CH}) == "version.bind. CH TXT");
}
