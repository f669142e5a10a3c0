// Typed records: made, sent, read. RFC 1035 §3.3 and the RFC of each type.
#include "ropewalk/protocols/dns/records.h"

#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/dns/errors.h"
#include "ropewalk/protocols/dns/rdata.h"
#include "tests/catch.h"
#include "tests/protocols/dns/bytes.h"

using namespace ropewalk;
using namespace ropewalk::dns;
using ropewalk::dns::testing::bytes;

namespace {

const Name kOwner("example.org");

/// What the data of a typed record says, and whether reading it gives the same data again.
template <class T>
std::string shown(const T& typed) {
  const Record record = makeRecord(kOwner, typed);
  CHECK(record.type == T::kType);
  CHECK(record.klass == Class::IN);
  const auto read = recordsOf<T>({record});
  REQUIRE(read.size() == 1);
  CHECK(hex(read[0].data()) == hex(record.data));
  CHECK(read[0].ttl == typed.ttl);
  return rdataToText(record.type, record.data);
}

template <class T>
T typed(std::string_view line) {
  auto read = T::fromData(makeRecord(kOwner, line).data, Seconds(7));
  REQUIRE(read.ok());
  CHECK(read->ttl == Seconds(7));
  return std::move(*read);
}

}  // namespace

TEST_CASE("typed records have the data that their text says") {
  CHECK(shown(A("192.0.2.7")) == "192.0.2.7");
  CHECK(shown(AAAA("2001:db8::7", Seconds(60))) == "2001:db8::7");
  CHECK(shown(NS(Name("ns.example.org"))) == "ns.example.org.");
  CHECK(shown(CNAME(Name("www.example.org"))) == "www.example.org.");
  CHECK(shown(PTR(Name("host.example.org"))) == "host.example.org.");
  CHECK(shown(DNAME(Name("example.net"))) == "example.net.");
  CHECK(shown(MX{10, Name("mail.example.org")}) == "10 mail.example.org.");
  CHECK(shown(SRV{0, 5, 5060, Name("sip.example.org")}) == "0 5 5060 sip.example.org.");
  CHECK(shown(TXT("v=spf1 -all")) == "\"v=spf1 -all\"");
  CHECK(shown(SOA{Name("ns"), Name("host"), 1, 2, 3, 4, 5}) == "ns. host. 1 2 3 4 5");
  CHECK(shown(CAA{128, "issue", "ca.example"}) == "128 issue \"ca.example\"");
  CHECK(shown(NAPTR{100, 10, "u", "E2U+sip", "!^.*$!sip:a@b!", Name()}) ==
        R"(100 10 "u" "E2U+sip" "!^.*$!sip:a@b!" .)");
  CHECK(shown(TLSA{3, 1, 1, "\x01\x02"}) == "3 1 1 0102");
  CHECK(shown(URI{10, 1, "https://example.org/"}) == "10 1 \"https://example.org/\"");
  CHECK(shown(SVCB{0, Name("alias.example")}) == "0 alias.example.");
  CHECK(shown(HTTPS{1, Name(), {{3, bytes("01bb")}, {1, bytes("026832")}}}) ==
        "1 . alpn=\"h2\" port=443");
}

TEST_CASE("typed records have the fields that the text says") {
  CHECK(typed<A>("A 192.0.2.7").address == "192.0.2.7");
  CHECK(typed<AAAA>("AAAA 2001:DB8:0::7").address == "2001:db8::7");
  CHECK(typed<NS>("NS ns.example.org.").name == Name("ns.example.org"));
  const auto mx = typed<MX>("MX 10 mail.example.org.");
  CHECK((mx.preference == 10 && mx.exchange == Name("mail.example.org")));
  const auto srv = typed<SRV>("SRV 1 2 3 sip.example.org.");
  CHECK((srv.priority == 1 && srv.weight == 2 && srv.port == 3));
  CHECK(srv.target == Name("sip.example.org"));
  const auto soa = typed<SOA>("SOA a. b. 1 2 3 4 5");
  CHECK((soa.mname == Name("a") && soa.rname == Name("b") && soa.serial == 1));
  CHECK((soa.refresh == 2 && soa.retry == 3 && soa.expire == 4 && soa.minimum == 5));
  const auto caa = typed<CAA>("CAA 128 issuewild \";\"");
  CHECK((caa.critical() && caa.tag == "issuewild" && caa.value == ";"));
  CHECK_FALSE(typed<CAA>("CAA 0 issue \"a\"").critical());
  const auto naptr = typed<NAPTR>("NAPTR 1 2 s x+y \"\" z.");
  CHECK((naptr.order == 1 && naptr.preference == 2 && naptr.flags == "s"));
  CHECK((naptr.service == "x+y" && naptr.regexp.empty() && naptr.replacement == Name("z")));
  const auto tlsa = typed<TLSA>("TLSA 3 1 2 abcd");
  CHECK((tlsa.usage == 3 && tlsa.selector == 1 && tlsa.matching == 2));
  CHECK(hex(tlsa.certificate) == "abcd");
  const auto uri = typed<URI>("URI 1 2 \"x:y\"");
  CHECK((uri.priority == 1 && uri.weight == 2 && uri.target == "x:y"));
}

TEST_CASE("text of more than 255 bytes is cut into strings, and comes back whole") {
  const std::string text = std::string(255, 'a') + std::string(255, 'b') + "c";
  const TXT txt(text);
  REQUIRE(txt.strings.size() == 3);
  CHECK(txt.strings[2] == "c");
  CHECK(txt.text() == text);
  const auto read = TXT::fromData(txt.data(), kDefaultTtl);
  REQUIRE(read.ok());
  CHECK(read->strings == txt.strings);
  CHECK(TXT(std::string(255, 'a')).strings.size() == 1);
  CHECK(TXT("").strings == std::vector<std::string>{""});
  CHECK(hex(TXT().data()) == "00");
}

TEST_CASE("what cannot go on the wire throws") {
  CHECK_THROWS_AS(A("192.0.2"), FormatError);
  CHECK_THROWS_AS(AAAA("192.0.2.7"), FormatError);
  CHECK_THROWS_AS(A().data(), FormatError);
  TXT txt;
  txt.strings = {std::string(256, 'a')};
  CHECK_THROWS_AS(txt.data(), FormatError);
  CHECK_THROWS_AS((CAA{0, std::string(256, 'a'), ""}.data()), FormatError);
}

TEST_CASE("data that has not the form of its type is refused, and left out among others") {
  CHECK_FALSE(A::fromData("abc", kDefaultTtl).ok());
  CHECK_FALSE(MX::fromData(bytes("000a"), kDefaultTtl).ok());
  CHECK_FALSE(SOA::fromData(Name("a").wire() + Name("b").wire(), kDefaultTtl).ok());
  CHECK_FALSE(HTTPS::fromData(bytes("0001 00 0003 0002"), kDefaultTtl).ok());
  const std::vector<Record> records = {makeRecord(kOwner, "A 192.0.2.1"),
                                       {kOwner, Type::A, Class::IN, 1, "abc"},
                                       makeRecord(kOwner, "MX 10 mail."),
                                       makeRecord(kOwner, "A 192.0.2.2")};
  const auto addresses = recordsOf<A>(records);
  REQUIRE(addresses.size() == 2);
  CHECK(addresses[1].address == "192.0.2.2");
}

TEST_CASE("a record is made from a line without its name") {
  const Record record = makeRecord(kOwner, " mx  10\tmail.example.org. ", Seconds(60));
  CHECK(toText(record) == "example.org.\t60\tIN\tMX\t10 mail.example.org.");
  CHECK(toText(makeRecord(kOwner, "TYPE65280 \\# 1 ff")) ==
        "example.org.\t300\tIN\tTYPE65280\t\\# 1 ff");
  CHECK_THROWS_AS(makeRecord(kOwner, ""), FormatError);
  CHECK_THROWS_AS(makeRecord(kOwner, "BOGUS 1"), FormatError);
  CHECK_THROWS_AS(makeRecord(kOwner, "MX ten mail."), FormatError);
  CHECK_THROWS_AS(makeRecord(kOwner, "A"), FormatError);
}
