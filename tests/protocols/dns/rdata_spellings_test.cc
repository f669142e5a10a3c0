// The other ways in which data may be written, and what is refused. RFC 1035 §5.1, RFC 3597 §5, RFC
// 4034, RFC 4398, RFC 5155, RFC 1876, RFC 8659.
#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/dns/rdata.h"
#include "tests/catch.h"
#include "tests/protocols/dns/bytes.h"

using namespace ropewalk;
using namespace ropewalk::dns;
using ropewalk::dns::testing::bytes;
using ropewalk::dns::testing::complaint;

namespace {

/// The text as the library itself would have written it.
std::string normal(Type type, std::string_view text) {
  const auto data = parseRdata(type, text, Name("example.org"));
  return data ? rdataToText(type, *data) : complaint(data);
}

std::string refusal(Type type, std::string_view text) {
  const auto data = parseRdata(type, text, Name("example.org"));
  return data ? "accepted as " + rdataToText(type, *data) : complaint(data);
}

}  // namespace

TEST_CASE("names without a last dot are below the origin, and @ is the origin") {
  CHECK(normal(Type::MX, "10 mail") == "10 mail.example.org.");
  CHECK(normal(Type::MX, "10 @") == "10 example.org.");
  CHECK(normal(Type::MX, "10 .") == "10 .");
  CHECK(normal(Type::MX, R"(10 \@)") == R"(10 \@.example.org.)");
  CHECK(normal(Type::NS, R"(a\.b\032c.d)") == R"(a\.b\032c.d.example.org.)");
}

TEST_CASE("strings may go without quotes, and escape what they like") {
  CHECK(normal(Type::TXT, R"(plain "with blanks" a\"b \065\066 \;x)") ==
        R"("plain" "with blanks" "a\"b" "AB" ";x")");
  CHECK(normal(Type::TXT, R"("a""b")") == R"("a" "b")");
  CHECK(normal(Type::TXT, R"x("(;)" \()x") == R"x("(;)" "(")x");
  CHECK(normal(Type::HINFO, "PC Linux") == R"("PC" "Linux")");
  CHECK(normal(Type::CAA, "0 issue ca.example.net") == R"(0 issue "ca.example.net")");
  CHECK(normal(Type::CAA, R"(0 issue "")") == R"(0 issue "")");
}

TEST_CASE("numbers of seconds may have units") {
  CHECK(normal(Type::SOA, "a b 1 1h30m 2W 1d 300S") ==
        "a.example.org. b.example.org. 1 5400 1209600 86400 300");
  for (const char* text : {"1h30", "h", "1x", "1h1", "4294967296", "7102w", "-1", "1 h"}) {
    INFO(text);
    CHECK_THAT(refusal(Type::SOA, "a b 1 " + std::string(text) + " 1 1 1"),
               Catch::StartsWith("SOA: "));
  }
}

TEST_CASE("hex and base64 may be spread over blanks and lines in parentheses") {
  CHECK(normal(Type::DS, "60485 5 1 ( 2BB183AF5F22588179A5\n  3B0A98631FAD1A292118 )") ==
        "60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118");
  CHECK(normal(Type::OPENPGPKEY, "mDM EWG1S\tx AUWCg= =") == "mDMEWG1SxAUWCg==");
}

TEST_CASE("algorithms and certificates may be named or numbered") {
  CHECK(normal(Type::DS, "1 RSASHA256 2 aa") == "1 8 2 aa");
  CHECK(normal(Type::DNSKEY, "257 3 ecdsap256sha256 AA==") == "257 3 13 AA==");
  CHECK(normal(Type::CERT, "1 0 PRIVATEOID AA==") == "PKIX 0 254 AA==");
  CHECK(normal(Type::CERT, "OID 0 ED25519 AA==") == "OID 0 15 AA==");
  CHECK_THAT(refusal(Type::CERT, "PIKX 0 8 AA=="), Catch::Contains(R"("PIKX" is no type of cert)"));
  CHECK_THAT(refusal(Type::DS, "1 RSA 2 aa"), Catch::Contains(R"("RSA" is no algorithm)"));
  CHECK_THAT(refusal(Type::DS, "1 256 2 aa"), Catch::Contains(R"("256" is no algorithm)"));
}

TEST_CASE("times are dates or seconds since 1970, modulo 2^32") {
  const auto times = [](std::string_view expiration, std::string_view inception) {
    const std::string text = "A 5 3 1 " + std::string(expiration) + " " + std::string(inception) +
                             " 2642 example.com. AA==";
    return normal(Type::RRSIG, text);
  };
  CHECK(times("1", "4294967295") == "A 5 3 1 19700101000001 21060207062815 2642 example.com. AA==");
  CHECK(times("20240229235959", "21060207062816") ==
        "A 5 3 1 20240229235959 19700101000000 2642 example.com. AA==");
  for (const char* text :
       {"20230229000000", "20231301000000", "20230100000000", "20230101240000", "20230101006000",
        "20230101000060", "19691231235959", "2023010100000", "4294967296", "99999999999", ""}) {
    INFO(text);
    CHECK_THAT(times(text, "1"), Catch::StartsWith("RRSIG: "));
  }
}

TEST_CASE("a location may leave out minutes, seconds and sizes") {
  CHECK(normal(Type::LOC, "42 N 71 W 0") ==
        "42 0 0.000 N 71 0 0.000 W 0.00m 1.00m 10000.00m 10.00m");
  CHECK(normal(Type::LOC, "42 21 n 71 6 18.5 w -24m 30m") ==
        "42 21 0.000 N 71 6 18.500 W -24.00m 30.00m 10000.00m 10.00m");
  CHECK(normal(Type::LOC, "90 S 180 E -100000.00m 0.05m 90000000m 0m") ==
        "90 0 0.000 S 180 0 0.000 E -100000.00m 0.05m 90000000.00m 0.00m");
  CHECK(normal(Type::LOC, "0 N 0 E 42849672.95") ==
        "0 0 0.000 N 0 0 0.000 E 42849672.95m 1.00m 10000.00m 10.00m");
  // One digit and a power of ten is all there is room for.
  CHECK(normal(Type::LOC, "0 N 0 E 0 123.45") ==
        "0 0 0.000 N 0 0 0.000 E 0.00m 100.00m 10000.00m 10.00m");
}

TEST_CASE("places that are not on Earth are refused") {
  for (const char* text :
       {"91 N 0 E 0", "90 0 0.001 N 0 E 0", "0 N 181 E 0", "0 60 N 0 E 0", "0 0 60 N 0 E 0",
        "0 0 0 0 N 0 E 0", "0 0 0.0001 N 0 E 0", "0 E 0 N 0", "N 0 E 0", "0 N 0 E", "0 N 0",
        "0 N 0 E -100000.01", "0 N 0 E 42849672.96", "0 N 0 E 0 90000000.01", "0 N 0 E 0 -1",
        "0 N 0 E 0 1 1 1 1", "0 N 0 E x", ""}) {
    INFO(text);
    CHECK_THAT(refusal(Type::LOC, text), Catch::StartsWith("LOC: "));
  }
}

TEST_CASE("locations on the wire that text cannot say stay bytes") {
  const std::string good = "00 12 16 13 80000000 80000000 00989680";
  CHECK(rdataToText(Type::LOC, bytes(good)) ==
        "0 0 0.000 N 0 0 0.000 E 0.00m 1.00m 10000.00m 10.00m");
  for (const char* wire :
       {"01 12 16 13 80000000 80000000 00989680", "00 a2 16 13 80000000 80000000 00989680",
        "00 1a 16 13 80000000 80000000 00989680", "00 03 16 13 80000000 80000000 00989680",
        "00 12 16 13 00000000 80000000 00989680", "00 12 16 13 80000000 ffffffff 00989680"}) {
    INFO(wire);
    CHECK(rdataToText(Type::LOC, bytes(wire)) == "\\# 16 " + hex(bytes(wire)));
  }
}

TEST_CASE("types in a bitmap come in any order, and twice if they like") {
  CHECK(normal(Type::NSEC, "a. NSEC A nsec TYPE65535 TYPE1 MX") == "a. A MX NSEC TYPE65535");
  CHECK(normal(Type::NSEC, "a.") == "a.");
  CHECK_THAT(refusal(Type::NSEC, "a. A BOGUS"), Catch::Contains(R"("BOGUS" is no type)"));
}

TEST_CASE("salts and hashes are checked digit by digit") {
  CHECK(normal(Type::NSEC3, "1 0 0 AABB 2t7b4g4vsa5smi47k61mv5bv1a22bojr") ==
        "1 0 0 aabb 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR");
  CHECK_THAT(refusal(Type::NSEC3PARAM, "1 0 0 abc"), Catch::Contains("not whole"));
  CHECK_THAT(refusal(Type::NSEC3PARAM, "1 0 0 xy"), Catch::Contains("no digit"));
  CHECK_THAT(refusal(Type::NSEC3, "1 0 0 - 2T7W"), Catch::Contains("no digit"));
  CHECK_THAT(refusal(Type::NSEC3, "1 0 0 - 2T7"), Catch::Contains("not whole"));
  CHECK_THAT(refusal(Type::NSEC3, "1 0 0 - 2V"), Catch::Contains("stray bits"));
  CHECK_THAT(refusal(Type::NSEC3, "1 0 0 -"), Catch::Contains("hash in base32hex is missing"));
}

TEST_CASE("base64 is taken strictly") {
  CHECK_THAT(refusal(Type::OPENPGPKEY, "AA"), Catch::Contains("padding"));
  CHECK_THAT(refusal(Type::OPENPGPKEY, "AA="), Catch::Contains("padding"));
  CHECK_THAT(refusal(Type::OPENPGPKEY, "AAA=="), Catch::Contains("padding"));
  CHECK_THAT(refusal(Type::OPENPGPKEY, "AA==AAAA"), Catch::Contains("behind its padding"));
  CHECK_THAT(refusal(Type::OPENPGPKEY, "AB=="), Catch::Contains("stray bits"));
  CHECK_THAT(refusal(Type::OPENPGPKEY, "A==="), Catch::Contains("not whole"));
  CHECK_THAT(refusal(Type::OPENPGPKEY, "A*=="), Catch::Contains("no digit"));
  CHECK_THAT(refusal(Type::OPENPGPKEY, ""), Catch::Contains("missing"));
}

TEST_CASE("what is wrong is named: the type, the word, and what should stand there") {
  CHECK(refusal(Type::MX, "ten mail") == R"(MX: "ten" is no number from 0 to 65535)");
  CHECK(refusal(Type::MX, "65536 mail") == R"(MX: "65536" is no number from 0 to 65535)");
  CHECK(refusal(Type::MX, "-1 mail") == R"(MX: "-1" is no number from 0 to 65535)");
  CHECK(refusal(Type::MX, "10") == "MX: a domain name is missing");
  CHECK(refusal(Type::MX, "10 a b") == R"(MX: "b" is more than the type has)");
  CHECK(refusal(Type::MX, "10 a..b") == R"(MX: "a..b" is no domain name: it has an empty label)");
  CHECK(refusal(Type::MX, R"(10 "mail")") ==
        R"(MX: "mail" is no domain name: it stands in quotes)");
  CHECK(refusal(Type::A, "192.0.2") == R"(A: "192.0.2" is no IPv4 address)");
  CHECK(refusal(Type::AAAA, "192.0.2.1") == R"(AAAA: "192.0.2.1" is no IPv6 address)");
  CHECK(refusal(Type::SSHFP, "256 1 aa") == R"(SSHFP: "256" is no number from 0 to 255)");
  CHECK(refusal(Type::TXT, std::string(256, 'a')).ends_with("at most 255 bytes: it is longer"));
  CHECK_THAT(refusal(Type::TXT, R"("\256")"), Catch::Contains("escape"));
  CHECK_THAT(refusal(Type::CAA, "0 is-sue x"), Catch::Contains("tag of 1 to 255 letters"));
  CHECK_THAT(refusal(Type::TXT, "\"open"), Catch::Contains("not closed"));
  CHECK_THAT(refusal(Type::TXT, "(open"), Catch::Contains("never closed"));
  CHECK_THAT(refusal(Type::TXT, "one\ntwo"), Catch::Contains("more than one line"));
}

TEST_CASE("IPv4 addresses are four plain numbers") {
  for (const char* text : {"1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.04", "1.2.3.", ".1.2.3",
                           "1..2.3", "0x1.2.3.4", "1.2.3.1000", "+1.2.3.4"}) {
    INFO(text);
    CHECK_THAT(refusal(Type::A, text), Catch::Contains("no IPv4 address"));
  }
  CHECK(normal(Type::A, "0.0.0.0") == "0.0.0.0");
  CHECK(normal(Type::A, "255.255.255.255") == "255.255.255.255");
}

TEST_CASE("the generic form must have the bytes it announces, and the form of its type") {
  const auto unknown = static_cast<Type>(65280);
  CHECK(normal(unknown, R"(\# 4 0A 0000 01)") == R"(\# 4 0a000001)");
  CHECK(normal(unknown, R"(\# 0)") == R"(\# 0)");
  CHECK(normal(Type::A, R"(\# 4 0A000001)") == "10.0.0.1");
  CHECK_THAT(refusal(unknown, "10.0.0.1"), Catch::Contains("\\#"));
  CHECK_THAT(refusal(unknown, ""), Catch::Contains("\\#"));
  CHECK_THAT(refusal(unknown, R"("\#" 0)"), Catch::Contains("\\#"));
  CHECK_THAT(refusal(unknown, R"(\#)"), Catch::Contains("missing"));
  CHECK_THAT(refusal(unknown, R"(\# 3 0A000001)"),
             Catch::Contains("announces 3 bytes, but there are 4"));
  CHECK_THAT(refusal(unknown, R"(\# 4 0A0000)"),
             Catch::Contains("announces 4 bytes, but there are 3"));
  CHECK_THAT(refusal(unknown, R"(\# 2 0A000)"), Catch::Contains("2 and a half"));
  CHECK_THAT(refusal(unknown, R"(\# 1 0G)"), Catch::Contains("no digit"));
  CHECK_THAT(refusal(Type::A, R"(\# 3 0A0000)"), Catch::StartsWith("A: field 1"));
  CHECK_THAT(refusal(Type::MX, R"(\# 4 000AC000)"), Catch::StartsWith("MX: field 2"));
}

TEST_CASE("data that has not the form of its type is printed as bytes") {
  CHECK(rdataToText(Type::A, "abc") == R"(\# 3 616263)");
  CHECK(rdataToText(Type::A, "") == R"(\# 0)");
  CHECK(rdataToText(Type::DS, bytes("ec450501")) == R"(\# 4 ec450501)");  // no digest
  CHECK(rdataToText(Type::CAA, bytes("00 02 2d2d 61")) == R"(\# 5 00022d2d61)");
}

TEST_CASE("rare types are written in the ways that their RFCs give") {
  CHECK(normal(Type::WKS, "192.0.2.1 TCP smtp domain 80") == "192.0.2.1 6 25 53 80");
  CHECK(normal(Type::WKS, "192.0.2.1 17 53 53") == "192.0.2.1 17 53");
  CHECK(normal(Type::NSAP, "0x47.0005.80.005a00.0000.0001.e133.ffffff000161.00") ==
        "0x47000580005a0000000001e133ffffff00016100");
  CHECK(normal(Type::DSYNC, "CDS 1 5359 scanner") == "CDS NOTIFY 5359 scanner.example.org.");
  CHECK(normal(Type::DSYNC, "CSYNC 128 53 .") == "CSYNC 128 53 .");
  CHECK(normal(Type::NID, "1 14:4FFF:0:1") == "1 0014:4fff:0000:0001");
  CHECK(normal(Type::EUI48, "00-00-5E-00-53-2A") == "00-00-5e-00-53-2a");
  CHECK(normal(Type::APL, "1:0.0.0.0/0 !1:192.168.38.0/28") == "1:0.0.0.0/0 !1:192.168.38.0/28");
  CHECK(normal(Type::KEY, "256 3 RSASHA1 AQ ID") == "256 3 5 AQID");
  CHECK(normal(Type::ISDN, "1234 \"0 4\"") == R"("1234" "0 4")");
  CHECK(normal(Type::IPSECKEY, "10 3 2 gw AQ ID") == "10 3 2 gw.example.org. AQID");
  CHECK(normal(Type::IPSECKEY, "10 0 0 .") == "10 0 0 .");
  CHECK(normal(Type::A6, "48 2001:db8:1:2::3 net") == "48 ::2:0:0:0:3 net.example.org.");
}

TEST_CASE("what rare types do not take is refused with its place") {
  CHECK(refusal(Type::WKS, "192.0.2.1 TCP gopher") ==
        R"(WKS: "gopher" is no protocol or port: it is neither a port nor a service that has a )"
        "name here");
  CHECK(refusal(Type::WKS, "192.0.2.1") == "WKS: a protocol or port is missing");
  CHECK(refusal(Type::EUI48, "00-00-5e-00-53") ==
        R"(EUI48: "00-00-5e-00-53" is no address as 00-00-5e-00-53-2a)");
  CHECK_THAT(refusal(Type::EUI48, "0-0-5e-0-53-2a"), Catch::Contains("is no address"));
  CHECK_THAT(refusal(Type::NID, "10 0014:4fff:ff20"), Catch::Contains("is no locator"));
  CHECK_THAT(refusal(Type::NID, "10 0014:4fff:ff20:10000"), Catch::Contains("is no locator"));
  CHECK_THAT(refusal(Type::APL, "1:192.0.2.0/33"), Catch::Contains("is no network"));
  CHECK_THAT(refusal(Type::APL, "3:192.0.2.0/8"), Catch::Contains("is no network"));
  CHECK_THAT(refusal(Type::APL, "2:192.0.2.0/8"), Catch::Contains("is no network"));
  CHECK_THAT(refusal(Type::NSAP, "47.00"), Catch::Contains("it begins with 0x"));
  CHECK_THAT(refusal(Type::NSAP, "0x470"), Catch::Contains("not whole"));
  CHECK_THAT(refusal(Type::IPSECKEY, "10 4 2 x AQID"), Catch::Contains("the types 0 to 3"));
  CHECK_THAT(refusal(Type::IPSECKEY, "10 0 2 gw AQID"), Catch::Contains("it reads ."));
  CHECK_THAT(refusal(Type::IPSECKEY, "10 1 2 gw AQID"), Catch::Contains("is no part of a gate"));
  CHECK_THAT(refusal(Type::AMTRELAY, "10 2 1 192.0.2.1"), Catch::Contains("it is 0 or 1"));
  CHECK_THAT(refusal(Type::NXT, "b A DNSKEY TYPE128"), Catch::Contains("from 1 to 127"));
  CHECK_THAT(refusal(Type::A6, "129 :: a"), Catch::Contains("more than 128"));
  CHECK_THAT(refusal(Type::HIP, "2 ( ab ) A"), Catch::Contains("is no part of a host identity"));
  CHECK_THAT(refusal(Type::DSYNC, "CDS SOON 53 a"), Catch::Contains("is no scheme"));
  CHECK_THAT(refusal(Type::ISDN, "1 2 3"), Catch::Contains("more than the type has"));
}
