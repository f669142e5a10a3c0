// SVCB and HTTPS: the test vectors of RFC 9460 appendix D, and the rules of §2.1, §7 and §8.
#include <string>

#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/dns/rdata.h"
#include "ropewalk/protocols/dns/records.h"
#include "tests/catch.h"
#include "tests/protocols/dns/bytes.h"

using namespace ropewalk;
using namespace ropewalk::dns;
using ropewalk::dns::testing::bytes;
using ropewalk::dns::testing::complaint;

namespace {

const std::string kFoo = "03666f6f 076578616d706c65 03636f6d 00";     // foo.example.com.
const std::string kFooOrg = "03666f6f 076578616d706c65 036f7267 00";  // foo.example.org.

void checkBothWays(std::string_view text, const std::string& wire, std::string_view printed) {
  INFO(text);
  const auto data = parseRdata(Type::SVCB, text);
  CHECK((data ? hex(*data) : complaint(data)) == hex(bytes(wire)));
  CHECK(rdataToText(Type::SVCB, bytes(wire)) == printed);
}

std::string refusal(std::string_view parameters) {
  const auto data = parseRdata(Type::SVCB, "1 foo.example.com. " + std::string(parameters));
  return data ? "accepted as " + rdataToText(Type::SVCB, *data) : complaint(data);
}

std::string normal(std::string_view parameters) {
  const auto data = parseRdata(Type::SVCB, "1 . " + std::string(parameters));
  return data ? rdataToText(Type::SVCB, *data).substr(4) : complaint(data);
}

}  // namespace

TEST_CASE("the vectors of RFC 9460 §D.1 and §D.2") {
  checkBothWays("0 foo.example.com.", "0000" + kFoo, "0 foo.example.com.");
  checkBothWays("1 .", "0001 00", "1 .");
  checkBothWays("16 foo.example.com. port=53", "0010" + kFoo + "0003 0002 0035",
                "16 foo.example.com. port=53");
  checkBothWays("1 foo.example.com. key667=hello", "0001" + kFoo + "029b 0005 68656c6c6f",
                "1 foo.example.com. key667=\"hello\"");
  checkBothWays(R"(1 foo.example.com. key667="hello\210qoo")",
                "0001" + kFoo + "029b 0009 68656c6c6fd2716f6f",
                R"(1 foo.example.com. key667="hello\210qoo")");
  checkBothWays(
      R"(1 foo.example.com. ipv6hint="2001:db8::1,2001:db8::53:1")",
      "0001" + kFoo + "0006 0020 20010db8000000000000000000000001 20010db8000000000000000000530001",
      "1 foo.example.com. ipv6hint=2001:db8::1,2001:db8::53:1");
  checkBothWays(R"(1 example.com. ipv6hint="2001:db8:122:344::192.0.2.33")",
                "0001 076578616d706c6503636f6d00 0006 0010 20010db80122034400000000c0000221",
                "1 example.com. ipv6hint=2001:db8:122:344::c000:221");
  checkBothWays(
      "16 foo.example.org. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1",
      "0010" + kFooOrg + "0000 0004 0001 0004 0001 0009 026832 0568332d3139 0004 0004 c0000201",
      R"(16 foo.example.org. mandatory=alpn,ipv4hint alpn="h2,h3-19" ipv4hint=192.0.2.1)");
  const std::string alpn = "0010" + kFooOrg + "0001 000c 08665c6f6f2c626172 026832";
  const std::string_view printed = R"(16 foo.example.org. alpn="f\\\\oo\\,bar,h2")";
  checkBothWays(R"(16 foo.example.org. alpn="f\\\\oo\\,bar,h2")", alpn, printed);
  checkBothWays(R"(16 foo.example.org. alpn=f\\\092oo\092,bar,h2)", alpn, printed);
}

TEST_CASE("the failures of RFC 9460 §D.3") {
  CHECK_THAT(refusal("key123=abc key123=def"), Catch::Contains("twice"));
  for (const char* key : {"mandatory", "alpn", "port", "ipv4hint", "ipv6hint"}) {
    INFO(key);
    CHECK_THAT(refusal(key), Catch::StartsWith("SVCB: \"" + std::string(key) + "\" is no service"));
  }
  CHECK_THAT(refusal("no-default-alpn=abc"), Catch::Contains("not the form of its key"));
  CHECK_THAT(refusal("mandatory=key123"), Catch::Contains("mandatory key is missing"));
  CHECK_THAT(refusal("mandatory=mandatory"), Catch::Contains("not the form of its key"));
  CHECK_THAT(refusal("mandatory=key123,key123 key123=abc"), Catch::Contains("not the form"));
}

TEST_CASE("every known parameter goes both ways, in the order of the keys") {
  CHECK(
      normal("ohttp dohpath=/dns-query{?dns} ipv6hint=::1 ech=AEX+ ipv4hint=192.0.2.1,192.0.2.2 "
             "port=8443 no-default-alpn alpn=h2 mandatory=port") ==
      "mandatory=port alpn=\"h2\" no-default-alpn port=8443 ipv4hint=192.0.2.1,192.0.2.2 ech=AEX+ "
      "ipv6hint=::1 dohpath=\"/dns-query{?dns}\" ohttp");
  CHECK(normal("key65534 key9=\"\"") == "key9 key65534");
  CHECK(normal(R"(key9="a b;c\"d")") == R"(key9="a b;c\"d")");
}

TEST_CASE("known keys may be written by number, with their value in wire form") {
  CHECK(normal(R"(key3=\001\187)") == "port=443");
  CHECK(normal(R"(key1=\002h2)") == "alpn=\"h2\"");
  CHECK_THAT(refusal("key2"), Catch::Contains("needs alpn beside it"));
  CHECK_THAT(refusal("key3=443"), Catch::Contains("not the form of its key"));
  CHECK_THAT(refusal("key1=h2"), Catch::Contains("not the form of its key"));
  CHECK_THAT(refusal("port=1 key3=\\001\\187"), Catch::Contains("twice"));
}

TEST_CASE("parameters that are none are refused") {
  CHECK_THAT(refusal("key"), Catch::Contains("neither known"));
  CHECK_THAT(refusal("key01=a"), Catch::Contains("neither known"));
  CHECK_THAT(refusal("key65535=a"), Catch::Contains("neither known"));
  CHECK_THAT(refusal("key65536=a"), Catch::Contains("neither known"));
  CHECK_THAT(refusal("bogus=a"), Catch::Contains("neither known"));
  CHECK_THAT(refusal("=a"), Catch::Contains("neither known"));
  CHECK_THAT(refusal("\"port=1\""), Catch::Contains("in quotes"));
  CHECK_THAT(refusal("port= \"1\""), Catch::Contains("port is no number"));
  CHECK_THAT(refusal("port=65536"), Catch::Contains("port is no number"));
  CHECK_THAT(refusal("ipv4hint=192.0.2.1,"), Catch::Contains("no IPv4 address"));
  CHECK_THAT(refusal("ipv6hint=192.0.2.1"), Catch::Contains("no IPv6 address"));
  CHECK_THAT(refusal("ech=A"), Catch::Contains("base64"));
  CHECK_THAT(refusal("alpn=h2,,h3"), Catch::Contains("1 to 255 bytes"));
  CHECK_THAT(refusal("alpn=" + std::string(256, 'a')), Catch::Contains("1 to 255 bytes"));
  CHECK_THAT(refusal(R"(alpn=h2\\)"), Catch::Contains("half an escape"));
  // Bytes are escaped once, for the word; not within the list.
  CHECK_THAT(refusal(R"(alpn=h2\\255)"), Catch::Contains("than a comma or a backslash"));
  CHECK_THAT(refusal(R"(alpn="h2\\\"")"), Catch::Contains("than a comma or a backslash"));
  CHECK_THAT(refusal("dohpath=/dns-query"), Catch::Contains("not the form of its key"));
  CHECK_THAT(refusal("dohpath=dns{?dns}"), Catch::Contains("not the form of its key"));
  CHECK_THAT(refusal("no-default-alpn"), Catch::Contains("needs alpn beside it"));
  CHECK_THAT(refusal("mandatory=bogus"), Catch::Contains("no key"));
}

TEST_CASE("on the wire keys must ascend, and values be whole") {
  const auto wellFormed = [](std::string_view parameters) {
    return checkRdata(Type::HTTPS, bytes("0001 00") + bytes(parameters)).ok();
  };
  CHECK(wellFormed("0003 0002 0035 0004 0004 c0000201"));
  CHECK_FALSE(wellFormed("0004 0004 c0000201 0003 0002 0035"));
  CHECK_FALSE(wellFormed("0003 0002 0035 0003 0002 0035"));
  CHECK_FALSE(wellFormed("0003 0002 00"));
  CHECK_FALSE(wellFormed("0003 00"));
}

TEST_CASE("values that break the rules of their key are printed as bytes, and so read back") {
  for (const char* parameters : {"0003 0001 35", "0001 0002 0568", "0002 0000", "0000 0002 0003"}) {
    const std::string wire = bytes("0001 00") + bytes(parameters);
    INFO(parameters);
    const std::string text = rdataToText(Type::HTTPS, wire);
    CHECK_THAT(text, Catch::StartsWith("\\# "));
    const auto again = parseRdata(Type::HTTPS, text);
    REQUIRE(again.ok());
    CHECK(hex(*again) == hex(wire));
  }
}

TEST_CASE("a typed HTTPS record says what a client needs") {
  const Record record = makeRecord(
      Name("example.org"),
      R"(HTTPS 1 svc.example.net. alpn="h3,h2" port=8443 ipv4hint=192.0.2.1 ipv6hint=2001:db8::1)");
  const auto read = recordsOf<HTTPS>({record});
  REQUIRE(read.size() == 1);
  const HTTPS& https = read[0];
  CHECK(https.priority == 1);
  CHECK(https.target == Name("svc.example.net"));
  CHECK(https.alpn() == std::vector<std::string>{"h3", "h2"});
  CHECK(https.port() == 8443);
  CHECK(https.hints() == std::vector<std::string>{"192.0.2.1", "2001:db8::1"});
  CHECK(https.data() == record.data);
}

TEST_CASE("a malformed value of a typed record counts as absent") {
  const auto read = HTTPS::fromData(
      bytes("0001 00 0001 0002 0568 0003 0001 35 0004 0003 c00002 0006 0001 00"), Seconds(1));
  REQUIRE(read.ok());
  CHECK(read->alpn().empty());
  CHECK(read->port() == 0);
  CHECK(read->hints().empty());
}
