// Questions read in place: what servers see of them, and which are at fault. RFC 1035 §4.1, RFC
// 1995 §3, RFC 6891 §6.1.1, RFC 7873 §5.2, RFC 8945 §5.1.
#include "ropewalk/protocols/dns/query_view.h"

#include <memory>

#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/dns/message.h"
#include "tests/catch.h"
#include "tests/protocols/dns/bytes.h"

using namespace ropewalk;
using namespace ropewalk::dns;
using ropewalk::dns::testing::bytes;

namespace {

const std::string kQuestion =
    "03777777 07 4578616d706c65 036f7267 00 001c 0001";  // www.Example.org
const std::string kOpt = "00 0029 1000 00008000";
const std::string kSoa =
    "07 6578616d706c65 036f7267 00 0006 0001 00000000 0016 00 00 0000002a 00000001 00000002 "
    "00000003 "
    "00000004";
const std::string kTsig = "00 00fa 00ff 00000000 0011 00 000000000000 0000 0000 0000 0000 0000";

struct Read {
  explicit Read(const std::string& hexDigits)
      : message(bytes(hexDigits)), fault(readQuery(message, query)) {}
  std::string message;
  QueryView query;
  QueryFault fault;
};

}  // namespace

TEST_CASE("a plain question is read where it lies") {
  const Read read("beef 0130 0001 0000 0000 0000" + kQuestion);
  REQUIRE(read.fault == QueryFault::none);
  CHECK(read.query.id == 0xBEEF);
  CHECK(read.query.opcode == Opcode::QUERY);
  CHECK((read.query.recursionDesired && read.query.checkingDisabled && read.query.authenticData));
  CHECK(wire::nameToText(read.query.name()) == "www.Example.org.");
  CHECK(wire::nameToText(read.query.lowerName()) == "www.example.org.");
  CHECK(read.query.type == Type::AAAA);
  CHECK(read.query.klass == Class::IN);
  CHECK(read.query.questionEnd == read.message.size());
  CHECK_FALSE(read.query.edns);
  CHECK(read.query.udpSize == 512);
  CHECK(read.query.tsigAt == 0);
}

TEST_CASE("EDNS is read with its options") {
  const Read read("0001 0000 0001 0000 0000 0001" + kQuestion + kOpt +
                  "0014 0008 0004 00010000 000a 0008 3132333435363738");
  REQUIRE(read.fault == QueryFault::none);
  CHECK(read.query.edns);
  CHECK(read.query.udpSize == 4096);
  CHECK(read.query.dnssecOk);
  CHECK(read.query.ednsVersion == 0);
  CHECK(read.query.cookie == "12345678");
  CHECK_FALSE(read.query.badCookie);
  CHECK(read.query.ednsOptions.size() == 20);
}

TEST_CASE("a size below 512 means 512, and another version is told") {
  const Read read("0001 0000 0001 0000 0000 0001" + kQuestion + "00 0029 0010 00010000 0000");
  REQUIRE(read.fault == QueryFault::none);
  CHECK(read.query.udpSize == 512);
  CHECK(read.query.ednsVersion == 1);
}

TEST_CASE("a cookie of a wrong length is noted") {
  for (int length : {0, 7, 9, 15, 41}) {
    INFO(length << " bytes");
    std::string option;
    for (int i = 0; i < length; ++i) option += "63";
    const auto size = [](int n) { return ropewalk::hex(std::string{'\0', static_cast<char>(n)}); };
    const Read read("0001 0000 0001 0000 0000 0001" + kQuestion + kOpt + size(length + 4) + "000a" +
                    size(length) + option);
    CHECK(read.fault == QueryFault::none);
    CHECK(read.query.badCookie);
    CHECK(read.query.cookie.empty());
  }
}

TEST_CASE("what is shorter than a header, or an answer, is met with silence") {
  const std::string whole = bytes("0001 0000 0001 0000 0000 0000" + kQuestion);
  QueryView query;
  for (std::size_t size = 0; size < kHeaderLength; ++size) {
    CHECK(readQuery(std::string_view(whole).substr(0, size), query) == QueryFault::silence);
  }
  CHECK(Read("0001 8000 0001 0000 0000 0000" + kQuestion).fault == QueryFault::silence);
  CHECK(Read("0001 ffff ffff ffff ffff ffff").fault == QueryFault::silence);
}

TEST_CASE("a question that is cut off is a format error, wherever") {
  const std::string whole = bytes("0001 0000 0001 0000 0001 0002" + kQuestion + kSoa + kOpt +
                                  "000c 000a 0008 3132333435363738" + kTsig);
  QueryView query;
  REQUIRE(readQuery(whole, query) == QueryFault::none);
  for (std::size_t size = kHeaderLength; size < whole.size(); ++size) {
    INFO("the first " << size << " bytes");
    CHECK(readQuery(std::string_view(whole).substr(0, size), query) == QueryFault::formErr);
  }
}

TEST_CASE("bytes behind a question are ignored") {
  const std::string whole = bytes("0001 0000 0001 0000 0000 0001" + kQuestion + kOpt + "0000");
  for (const std::string& behind : {std::string(1, '\0'), std::string("garbage")}) {
    const std::string message = whole + behind;
    QueryView query;
    CHECK(readQuery(message, query) == QueryFault::none);
    CHECK(query.id == 1);
  }
}

TEST_CASE("there is exactly one question") {
  CHECK(Read("0001 0000 0000 0000 0000 0000").fault == QueryFault::formErr);
  CHECK(Read("0001 0000 0002 0000 0000 0000" + kQuestion + kQuestion).fault == QueryFault::formErr);
}

TEST_CASE("a name that points to itself is a format error") {
  CHECK(Read("0001 0000 0001 0000 0000 0000 c00c 0001 0001").fault == QueryFault::formErr);
  CHECK(Read("0001 0000 0001 0000 0000 0000 0161 c00c 0001 0001").fault == QueryFault::formErr);
}

TEST_CASE("NOTIFY is read like a question, other opcodes up to the header") {
  const Read notify("0001 2400 0001 0001 0000 0000" + kQuestion + kSoa);
  CHECK(notify.fault == QueryFault::none);
  CHECK(notify.query.opcode == Opcode::NOTIFY);
  CHECK_FALSE(notify.query.soaInAuthority);
  for (const char* flags : {"1000", "2800", "7800"}) {
    const Read read("beef " + std::string(flags) + " ffff ffff ffff ffff 00");
    INFO(flags);
    CHECK(read.fault == QueryFault::none);
    CHECK(read.query.id == 0xBEEF);
    CHECK(read.query.questionEnd == 0);
  }
}

TEST_CASE("IXFR's serial is found in the authority section") {
  const Read read("0001 0000 0001 0000 0001 0000" + kQuestion + kSoa);
  REQUIRE(read.fault == QueryFault::none);
  CHECK(read.query.soaInAuthority);
  CHECK(read.query.serial == 42);
  std::string broken = kSoa;
  broken.replace(broken.find("0016"), 4, "0015");
  CHECK(Read("0001 0000 0001 0000 0001 0000" + kQuestion + broken).fault == QueryFault::formErr);
}

TEST_CASE("OPT stands once, in the additional section, below the root") {
  const std::string opt = kOpt + "0000";
  CHECK(Read("0001 0000 0001 0000 0000 0001" + kQuestion + opt).fault == QueryFault::none);
  CHECK(Read("0001 0000 0001 0000 0000 0002" + kQuestion + opt + opt).fault == QueryFault::formErr);
  CHECK(Read("0001 0000 0001 0001 0000 0000" + kQuestion + opt).fault == QueryFault::formErr);
  CHECK(Read("0001 0000 0001 0000 0001 0000" + kQuestion + opt).fault == QueryFault::formErr);
  CHECK(Read("0001 0000 0001 0000 0000 0001" + kQuestion + "0161" + opt).fault ==
        QueryFault::formErr);
  for (const char* options : {"0003 000a00", "0005 000a0002 00"}) {
    CHECK(Read("0001 0000 0001 0000 0000 0001" + kQuestion + kOpt + options).fault ==
          QueryFault::formErr);
  }
}

TEST_CASE("a TSIG is found when it is the last record, and refused elsewhere") {
  const std::string opt = kOpt + "0000";
  const Read read("0001 0000 0001 0000 0000 0002" + kQuestion + opt + kTsig);
  REQUIRE(read.fault == QueryFault::none);
  CHECK(read.query.tsigAt == read.message.size() - bytes(kTsig).size());
  CHECK(Read("0001 0000 0001 0000 0000 0002" + kQuestion + kTsig + opt).fault ==
        QueryFault::formErr);
  CHECK(Read("0001 0000 0001 0001 0000 0000" + kQuestion + kTsig).fault == QueryFault::formErr);
}

TEST_CASE("a view may be used again, and nothing of the question before is left") {
  Read read("0001 0000 0001 0000 0001 0002" + kQuestion + kSoa + kOpt +
            "000c 000a 0008 3132333435363738" + kTsig);
  REQUIRE(read.fault == QueryFault::none);
  const std::string plain = bytes("0002 0000 0001 0000 0000 0000 00 0002 0003");
  REQUIRE(readQuery(plain, read.query) == QueryFault::none);
  CHECK(read.query.name().size() == 1);
  CHECK(read.query.lowerName().size() == 1);
  CHECK(read.query.type == Type::NS);
  CHECK(read.query.klass == Class::CH);
  CHECK_FALSE((read.query.edns || read.query.dnssecOk || read.query.soaInAuthority));
  CHECK(read.query.udpSize == 512);
  CHECK((read.query.cookie.empty() && read.query.ednsOptions.empty()));
  CHECK((read.query.serial == 0 && read.query.tsigAt == 0));
}
