// The data of every type, wire form and text both ways. The texts are examples of the RFCs, the
// wire forms what dnspython 2.3 makes of them. RFC 1035 §3.3 and the RFC of each type, RFC 3597 §5.
#include "ropewalk/protocols/dns/rdata.h"

#include <set>
#include <vector>

#include "ropewalk/core/base/text.h"
#include "tests/catch.h"
#include "tests/protocols/dns/bytes.h"

using namespace ropewalk;
using namespace ropewalk::dns;
using ropewalk::dns::testing::bytes;
using ropewalk::dns::testing::complaint;

namespace {

struct Vector {
  Type type;
  std::string_view text;
  std::string_view wire;
};

const std::vector<Vector> kVectors = {
    {Type::A, "192.0.2.7", "c0000207"},
    {Type::NS, "ns1.example.org.", "036e7331076578616d706c65036f726700"},
    {Type::CNAME, "www.example.org.", "03777777076578616d706c65036f726700"},
    {Type::SOA, "ns1.example.org. hostmaster.example.org. 2026112100 3600 900 604800 300",
     "036e7331076578616d706c65036f7267000a686f73746d6173746572076578616d706c65036f"
     "72670078c4046400000e100000038400093a800000012c"},
    {Type::PTR, "host.example.org.", "04686f7374076578616d706c65036f726700"},
    {Type::HINFO, R"("VAX-11/780" "UNIX")", "0a5641582d31312f37383004554e4958"},
    {Type::MX, "10 mail.example.org.", "000a046d61696c076578616d706c65036f726700"},
    {Type::TXT, R"("v=spf1 -all" "a \"quote\" and a \\" "\000\255")",
     "0b763d73706631202d616c6c1161202271756f74652220616e642061205c0200ff"},
    {Type::TXT, R"("")", "00"},
    {Type::RP, "mbox.example.org. text.example.org.",
     "046d626f78076578616d706c65036f7267000474657874076578616d706c65036f726700"},
    {Type::AFSDB, "1 afs.example.org.", "000103616673076578616d706c65036f726700"},
    {Type::AAAA, "2001:db8::7", "20010db8000000000000000000000007"},
    {Type::AAAA, "::ffff:192.0.2.7", "00000000000000000000ffffc0000207"},
    {Type::LOC, "42 21 54.000 N 71 6 18.000 W -24.00m 30.00m 10000.00m 10.00m",
     "0033161389172dd070be15f000988d20"},
    {Type::LOC, "52 14 5.000 N 0 8 50.000 E 10.00m 1.00m 10000.00m 10.00m",
     "001216138b3556c88008165000989a68"},
    {Type::LOC, "32 7 19.000 S 116 2 25.000 E 10.00m 1.00m 10000.00m 10.00m",
     "00121613791b7d2898e6486800989a68"},
    {Type::SRV, "0 5 5060 sip.example.org.", "0000000513c403736970076578616d706c65036f726700"},
    {Type::NAPTR, R"(100 50 "s" "z3950+I2L+I2C" "" _z3950._tcp.gatech.edu.)",
     "0064003201730d7a333935302b49324c2b49324300065f7a33393530045f7463700667617465"
     "63680365647500"},
    {Type::NAPTR, R"(100 10 "u" "E2U+sip" "!^.*$!sip:info@example.com!" .)",
     "0064000a0175074532552b7369701b215e2e2a24217369703a696e666f406578616d706c652e"
     "636f6d2100"},
    {Type::CERT, "PKIX 1 8 AQIDBAUGBwg=", "00010001080102030405060708"},
    {Type::CERT, "65535 65535 254 AQIDBAUGBwg=", "fffffffffe0102030405060708"},
    {Type::CERT, "URI 0 0 AQI=", "00fd0000000102"},
    {Type::DNAME, "frobozz-division.acme.example.",
     "1066726f626f7a7a2d6469766973696f6e0461636d65076578616d706c6500"},
    {Type::DS, "60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118",
     "ec4505012bb183af5f22588179a53b0a98631fad1a292118"},
    {Type::DS, "60485 5 2 d4b7d520e7bb5f0f67674a0cceb1e3e0614b93c4f9e99b8383f6a1e4469da50a",
     "ec450502d4b7d520e7bb5f0f67674a0cceb1e3e0614b93c4f9e99b8383f6a1e4469da50a"},
    {Type::SSHFP, "2 1 123456789abcdef67890123456789abcdef67890",
     "0201123456789abcdef67890123456789abcdef67890"},
    {Type::RRSIG,
     "A 5 3 86400 20030322173103 20030220173103 2642 example.com. oJB1W6WNGv+ldvQ3"
     "WDG0MQkg5IEhjRip8WTrPYGv07h108dUKGMeDPKijVCHX3DDKdfb+v6oB9wfuh3DTJXUAfI/M0zm"
     "O/zz8bW0Rznl8O3tGNazPwQKkRN20XPXV6nwwfoXmJQbsLNrLfkGJ5D6fwFm8nN+6pBzeDQfsS3A"
     "p3o=",
     "00010503000151803e7c9dd73e5510d70a52076578616d706c6503636f6d00a090755ba58d1a"
     "ffa576f4375831b4310920e481218d18a9f164eb3d81afd3b875d3c75428631e0cf2a28d5087"
     "5f70c329d7dbfafea807dc1fba1dc34c95d401f23f334ce63bfcf3f1b5b44739e5f0eded18d6"
     "b33f040a911376d173d757a9f0c1fa1798941bb0b36b2df9062790fa7f0166f2737eea907378"
     "341fb12dc0a77a"},
    {Type::NSEC, "host.example.com. A MX RRSIG NSEC TYPE1234",
     "04686f7374076578616d706c6503636f6d000006400100000003041b00000000000000000000"
     "0000000000000000000000000000000020"},
    {Type::DNSKEY,
     "256 3 5 AQPSKmynfzW4kyBv015MUG2DeIQ3Cbl+BBZH4b/0PY1kxkmvHjcZc8nokfzj31GajIQK"
     "Y+5CptLr3buXA10hWqTkF7H6RfoRqXQeogmMHfpftf6zMv1LyBUgia7za6ZEzOJBOztyvhjL742i"
     "U/TpPSEDhm2SNKLijfUppn1UaNvv4w==",
     "010003050103d22a6ca77f35b893206fd35e4c506d8378843709b97e041647e1bff43d8d64c6"
     "49af1e371973c9e891fce3df519a8c840a63ee42a6d2ebddbb97035d215aa4e417b1fa45fa11"
     "a9741ea2098c1dfa5fb5feb332fd4bc8152089aef36ba644cce2413b3b72be18cbef8da253f4"
     "e93d2103866d9234a2e28df529a67d5468dbefe3"},
    {Type::NSEC3,
     "1 1 12 aabbccdd 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR NS SOA MX RRSIG DNSKEY NSEC"
     "3PARAM",
     "0101000c04aabbccdd14174eb2409fe28bcb4887a1836f957f0a8425e27b0007220100000002"
     "90"},
    {Type::NSEC3, "1 0 0 - 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR",
     "010000000014174eb2409fe28bcb4887a1836f957f0a8425e27b"},
    {Type::NSEC3PARAM, "1 0 12 aabbccdd", "0100000c04aabbccdd"},
    {Type::NSEC3PARAM, "1 0 0 -", "0100000000"},
    {Type::TLSA,
     "1 1 2 92003ba34942dc74152e2f2c408d29eca5a520e7f2e06bb944f4dca346baf63c1b1776"
     "15d466f6c4b71c216a50292bd58c9ebdd2f74e38fe51ffd48c43326cbc",
     "01010292003ba34942dc74152e2f2c408d29eca5a520e7f2e06bb944f4dca346baf63c1b1776"
     "15d466f6c4b71c216a50292bd58c9ebdd2f74e38fe51ffd48c43326cbc"},
    {Type::SMIMEA, "3 0 0 aabbcc", "030000aabbcc"},
    {Type::KX, "10 kx.example.", "000a026b78076578616d706c6500"},
    {Type::DHCID, "AAIBY2/AuCccgoJbsaxcQc9T", "000201636fc0b8271c82825bb1ac5c41cf53"},
    {Type::CSYNC, "66 3 A NS AAAA", "000000420003000460000008"},
    {Type::ZONEMD, "2018031500 1 1 aabbccdd", "7848b78c0101aabbccdd"},
    {Type::OPENPGPKEY, "mDMEWG1SxAUWCg==", "983304586d52c405160a"},
    {Type::CDS, "0 0 0 00", "0000000000"},
    {Type::CDNSKEY, "0 3 0 AA==", "0000030000"},
    {Type::SVCB,
     R"(1 foo.example.com. alpn="h2,h3" port=8443 ipv4hint=192.0.2.1,192.0.2.2 ech=A)"
     R"(EX+ ipv6hint=2001:db8::1)",
     "000103666f6f076578616d706c6503636f6d00000100060268320268330003000220fb000400"
     "08c0000201c0000202000500030045fe0006001020010db8000000000000000000000001"},
    {Type::HTTPS, "0 foo.example.com.", "000003666f6f076578616d706c6503636f6d00"},
    {Type::HTTPS, "1 .", "000100"},
    {Type::CAA, R"(0 issue "ca.example.net; account=230123")",
     "0005697373756563612e6578616d706c652e6e65743b206163636f756e743d323330313233"},
    {Type::CAA, R"(128 iodef "mailto:security@example.org")",
     "8005696f6465666d61696c746f3a7365637572697479406578616d706c652e6f7267"},
    {Type::URI, R"(10 1 "ftp://ftp1.example.com/public")",
     "000a00016674703a2f2f667470312e6578616d706c652e636f6d2f7075626c6963"},
    {static_cast<Type>(731), R"(\# 6 abcdef012345)", "abcdef012345"},
    {static_cast<Type>(65280), R"(\# 0)", ""},
    {Type::SPF, R"("v=spf1 +all")", "0b763d73706631202b616c6c"},
    // What named-rrchecker of BIND 9.20 makes of them.
    {Type::MD, R"(mail.example.org.)", "046d61696c076578616d706c65036f726700"},
    {Type::MF, R"(mail.example.org.)", "046d61696c076578616d706c65036f726700"},
    {Type::MB, R"(host.example.org.)", "04686f7374076578616d706c65036f726700"},
    {Type::MG, R"(joe.example.org.)", "036a6f65076578616d706c65036f726700"},
    {Type::MR, R"(ann.example.org.)", "03616e6e076578616d706c65036f726700"},
    {Type::MINFO, R"(owner.example.org. errors.example.org.)",
     "056f776e6572076578616d706c65036f726700066572726f7273076578616d706c65036f726700"},
    {Type::WKS, R"(192.0.2.1 6 25 80)", "c0000201060000004000000000000080"},
    {Type::WKS, R"(192.0.2.1 17)", "c000020111"},
    {Type::X25, R"("311061700956")", "0c333131303631373030393536"},
    {Type::ISDN, R"("150862028003217" "004")", "0f31353038363230323830303332313703303034"},
    {Type::ISDN, R"("150862028003217")", "0f313530383632303238303033323137"},
    {Type::RT, R"(2 relay.prime.com.)", "00020572656c6179057072696d6503636f6d00"},
    {Type::NSAP, R"(0x47000580005a0000000001e133ffffff00016100)",
     "47000580005a0000000001e133ffffff00016100"},
    {Type::NSAP_PTR, R"(host.example.org.)", "04686f7374076578616d706c65036f726700"},
    {Type::SIG, R"(NXT 5 3 86400 20030322173103 20030220173103 2642 example.com. AQID)",
     "001e0503000151803e7c9dd73e5510d70a52076578616d706c6503636f6d00010203"},
    {Type::KEY, R"(0 3 1 AQIDBA==)", "0000030101020304"},
    {Type::KEY, R"(49152 3 0)", "c0000300"},
    {Type::PX, R"(10 net2.it. prmd-net2.admd-p400.c-it.)",
     "000a046e657432026974000970726d642d6e6574320961646d642d7034303004632d697400"},
    {Type::GPOS, R"("-32.6882" "116.8652" "10.0")",
     "082d33322e36383832083131362e383635320431302e30"},
    {Type::NXT, R"(b.example.org. A MX SIG NXT)", "0162076578616d706c65036f72670040010082"},
    {Type::EID, R"(abcdef01)", "abcdef01"},
    {Type::NIMLOC, R"(abcdef01)", "abcdef01"},
    {Type::A6, R"(64 ::1234:5678:9abc:def0 subnet-1.ip6.example.org.)",
     "40123456789abcdef0087375626e65742d3103697036076578616d706c65036f726700"},
    {Type::A6, R"(60 ::f:0:0:0:1 b.example.org.)",
     "3c0f00000000000000010162076578616d706c65036f726700"},
    {Type::A6, R"(0 2001:db8::1)", "0020010db8000000000000000000000001"},
    {Type::SINK, R"(1 0 0 AQID)", "010000010203"},
    {Type::APL, R"(1:192.0.2.0/24 !2:2001:db8::/32 1:0.0.0.0/0)",
     "00011803c000020002208420010db800010000"},
    {Type::APL, R"()", ""},
    {Type::IPSECKEY, R"(10 1 2 192.0.2.38 AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==)",
     "0a0102c0000226010351537986ed35533b6064478eeeb27b5bd74dae149b6e81ba3a0521af82ab7801"},
    {Type::IPSECKEY, R"(10 0 2 . AQID)", "0a0002010203"},
    {Type::IPSECKEY, R"(10 2 2 2001:db8::1 AQID)", "0a020220010db8000000000000000000000001010203"},
    {Type::IPSECKEY, R"(10 3 2 mygateway.example.com. AQID)",
     "0a0302096d7967617465776179076578616d706c6503636f6d00010203"},
    {Type::HIP,
     R"(2 200100107b1a74df365639cc39f1d578 AwEAAbdx rvs1.example.com. rvs2.example.com.)",
     "10020006200100107b1a74df365639cc39f1d57803010001b7710472767331076578616d706c6503636f6d0004727"
     "67332076578616d706c6503636f6d00"},
    {Type::HIP, R"(2 200100107b1a74df365639cc39f1d578 AwEAAbdx)",
     "10020006200100107b1a74df365639cc39f1d57803010001b771"},
    {Type::NINFO, R"("a" "b")", "01610162"},
    {Type::RKEY, R"(0 3 8 AQID)", "00000308010203"},
    {Type::TALINK, R"(a.example. b.example.)", "0161076578616d706c65000162076578616d706c6500"},
    {Type::DSYNC, R"(CDS NOTIFY 5359 cds-scanner.example.net.)",
     "003b0114ef0b6364732d7363616e6e6572076578616d706c65036e657400"},
    {Type::NID, R"(10 0014:4fff:ff20:ee64)", "000a00144fffff20ee64"},
    {Type::L32, R"(10 10.1.2.0)", "000a0a010200"},
    {Type::L64, R"(10 2001:0db8:1140:1000)", "000a20010db811401000"},
    {Type::LP, R"(10 l64-subnet1.example.com.)",
     "000a0b6c36342d7375626e657431076578616d706c6503636f6d00"},
    {Type::EUI48, R"(00-00-5e-00-53-2a)", "00005e00532a"},
    {Type::EUI64, R"(00-00-5e-ef-10-00-00-2a)", "00005eef1000002a"},
    {Type::AVC, R"("app-name:x")", "0a6170702d6e616d653a78"},
    {Type::AMTRELAY, R"(10 0 1 203.0.113.15)", "0a01cb00710f"},
    {Type::AMTRELAY, R"(10 1 2 2001:db8::15)", "0a8220010db8000000000000000000000015"},
    {Type::AMTRELAY, R"(128 1 3 amtrelays.example.com.)",
     "808309616d7472656c617973076578616d706c6503636f6d00"},
    {Type::AMTRELAY, R"(10 1 0 .)", "0a80"},
    {Type::RESINFO, R"("qnamemin" "exterr=15,16,17")",
     "08716e616d656d696e0f6578746572723d31352c31362c3137"},
    {Type::WALLET, R"("BTC" "x")", "034254430178"},
    {Type::TA, R"(60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118)",
     "ec4505012bb183af5f22588179a53b0a98631fad1a292118"},
    {Type::DLV, R"(60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118)",
     "ec4505012bb183af5f22588179a53b0a98631fad1a292118"},
    {Type::HHIT, R"(gAECAwQ=)", "8001020304"},
    {Type::BRID, R"(gAECAwQ=)", "8001020304"},
    {Type::CLA, R"("x" "y")", "01780179"},
    {Type::TSIG, "hmac-sha256. 1795227136 300 4 AQIDBA== 4660 0 0",
     "0b686d61632d73686132353600 00006b00fe00 012c 0004 01020304 1234 0000 0000"},
    {Type::TSIG, "hmac-sha1. 281474976710655 300 0 1 18 6 AAECAwQF",
     "09686d61632d7368613100 ffffffffffff 012c 0000 0001 0012 0006 000102030405"},
};

std::string textToHex(Type type, std::string_view text) {
  const auto data = parseRdata(type, text);
  return data ? hex(*data) : complaint(data);
}

}  // namespace

TEST_CASE("the data of every type goes to text and back") {
  for (const auto& vector : kVectors) {
    const std::string wire = bytes(vector.wire);
    INFO(toText(vector.type) << " " << vector.text);
    CHECK(complaint(checkRdata(vector.type, wire)) == "");
    CHECK(rdataToText(vector.type, wire) == vector.text);
    CHECK(textToHex(vector.type, vector.text) == hex(wire));
  }
}

TEST_CASE("every type of the table has a vector") {
  std::set<Type> tried;
  for (const auto& vector : kVectors) tried.insert(vector.type);
  for (unsigned number = 0; number < 65536; ++number) {
    const auto type = static_cast<Type>(number);
    if (fieldsOf(type)[0] == Field::opaque) continue;
    INFO(toText(type));
    CHECK(tried.count(type) == 1);
  }
}

TEST_CASE("data of every type may be written as \\# length hex") {
  for (const auto& vector : kVectors) {
    const std::string wire = bytes(vector.wire);
    const std::string text = "\\# " + std::to_string(wire.size()) + " " + hex(wire);
    INFO(toText(vector.type) << " " << text);
    CHECK(textToHex(vector.type, text) == hex(wire));
  }
}

TEST_CASE("data cut short at any byte is malformed, or text can say it all the same") {
  for (const auto& vector : kVectors) {
    const std::string wire = bytes(vector.wire);
    for (std::size_t size = 0; size < wire.size(); ++size) {
      const std::string cut = wire.substr(0, size);
      const std::string text = rdataToText(vector.type, cut);
      INFO(toText(vector.type) << " cut to " << hex(cut) << ": " << text);
      const auto again = parseRdata(vector.type, text);
      if (again) {
        CHECK(hex(*again) == hex(cut));
      } else {
        CHECK(text == "\\# " + std::to_string(size) + (size == 0 ? "" : " ") + hex(cut));
        CHECK_FALSE(checkRdata(vector.type, cut).ok());
      }
    }
  }
}

TEST_CASE("a byte too many is malformed where the last field has an end") {
  for (const auto& vector : kVectors) {
    const Field last = fieldsOf(vector.type).back();
    if (last == Field::hex || last == Field::base64 || last == Field::quoted ||
        last == Field::opaque || last == Field::strings || last == Field::optionalBase64 ||
        last == Field::nsap || last == Field::oldBitmap || last == Field::services) {
      continue;
    }
    INFO(toText(vector.type) << " " << vector.text);
    CHECK_FALSE(checkRdata(vector.type, bytes(vector.wire) + '\1').ok());
  }
}

TEST_CASE("names in data are expanded from a message") {
  const std::string message = bytes("07 6578616d706c65 03 6f7267 00 000a 046d61696c c000");
  std::string data;
  CHECK(complaint(expandRdata(Type::MX, message, 13, 9, data)) == "");
  CHECK(rdataToText(Type::MX, data) == "10 mail.example.org.");
  data.clear();
  // RFC 3597 §4: in newer types, too, although nobody may send them so.
  CHECK(complaint(expandRdata(Type::AFSDB, message, 13, 9, data)) == "");
  CHECK(rdataToText(Type::AFSDB, data) == "10 mail.example.org.");
  data.clear();
  CHECK(complaint(expandRdata(static_cast<Type>(65280), message, 13, 9, data)) == "");
  CHECK(hex(data) == "000a046d61696cc000");
}

TEST_CASE("data that ends within a name is malformed although the message goes on") {
  const std::string message = bytes("07 6578616d706c65 03 6f7267 00 000a 046d61696c c000");
  std::string data;
  const auto why = complaint(expandRdata(Type::MX, message, 13, 8, data));
  CHECK_THAT(why, Catch::Contains("MX") && Catch::Contains("field 2"));
  CHECK_THAT(complaint(expandRdata(Type::NS, message, 0, 14, data)),
             Catch::Contains("1 bytes too"));
}

TEST_CASE("bitmaps that RFC 4034 §4.1.2 forbids are malformed") {
  const auto malformed = [](std::string_view bitmap) {
    return !checkRdata(Type::NSEC, bytes("00") + bytes(bitmap)).ok();
  };
  CHECK_FALSE(malformed("0001 40"));
  CHECK_FALSE(malformed("0001 40 0101 80"));
  CHECK(malformed("0000"));                         // a window of nothing
  CHECK(malformed("0002 4000"));                    // zeros at the end
  CHECK(malformed("0001 40 0001 40"));              // a window twice
  CHECK(malformed("0101 40 0001 40"));              // windows descend
  CHECK(malformed("0003 4000"));                    // cut off
  CHECK(malformed("0021" + std::string(66, '1')));  // 33 bytes
}

TEST_CASE("data is compared as RFC 4034 §6.2 says: the names of older types without case") {
  const auto same = [](Type type, std::string_view a, std::string_view b) {
    const std::string left = *parseRdata(type, a);
    const std::string right = *parseRdata(type, b);
    CHECK(rdataBefore(type, left, right) ==
          (canonicalRdata(type, left) < canonicalRdata(type, right)));
    return sameRdata(type, left, right);
  };
  CHECK(same(Type::MX, "10 Mail.Example.", "10 mail.example."));
  CHECK_FALSE(same(Type::MX, "10 mail.example.", "20 mail.example."));
  CHECK(same(Type::SOA, "A. B. 1 2 3 4 5", "a. b. 1 2 3 4 5"));
  CHECK(same(Type::NAPTR, R"(1 2 "U" "s" "R" A.B.)", R"(1 2 "U" "s" "R" a.b.)"));
  CHECK_FALSE(same(Type::NAPTR, R"(1 2 "U" "s" "R" a.)", R"(1 2 "u" "s" "R" a.)"));
  CHECK(same(Type::RRSIG, "A 5 3 1 1 1 1 EXAMPLE. AQID", "A 5 3 1 1 1 1 example. AQID"));
  CHECK_FALSE(same(Type::RRSIG, "A 5 3 1 1 1 1 example. AQID", "A 5 3 1 1 1 1 example. aQID"));
  CHECK_FALSE(same(Type::TXT, "A", "a"));
  CHECK_FALSE(same(Type::SVCB, "1 A.", "1 a."));
  CHECK_FALSE(same(static_cast<Type>(65280), "\\# 1 41", "\\# 1 61"));
}
