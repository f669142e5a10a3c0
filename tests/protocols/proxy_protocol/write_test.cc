// Headers of the PROXY protocol, byte by byte. HAProxy's proxy-protocol.txt §2.1, §2.2.

#include "ropewalk/protocols/proxy_protocol/write.h"
#include "ropewalk/core/base/text.h"
#include "tests/catch.h"

using namespace ropewalk;

namespace {
const Address kFour = Address::IPv4("192.0.2.1", 4711);
const Address kFourHere = Address::IPv4("192.0.2.2", 443);
const Address kSix = Address::IPv6("2001:db8::1", 4711);
const Address kSixHere = Address::IPv6("2001:db8::2", 443);
const std::string kSignature = "0d0a0d0a000d0a515549540a";
}  // namespace

TEST_CASE("version 1 is a line") {
  CHECK(proxyHeaderV1(kFour, kFourHere) == "PROXY TCP4 192.0.2.1 192.0.2.2 4711 443\r\n");
  CHECK(proxyHeaderV1(kSix, kSixHere) == "PROXY TCP6 2001:db8::1 2001:db8::2 4711 443\r\n");
}

TEST_CASE("version 1 does not know UNIX sockets, nor two families at once") {
  CHECK(proxyHeaderV1(Address::UNIX("/a"), Address::UNIX("/b")) == "PROXY UNKNOWN\r\n");
  CHECK(proxyHeaderV1(kFour, kSixHere) == "PROXY UNKNOWN\r\n");
}

TEST_CASE("version 1 leaves the scope of an address out: it means nothing elsewhere") {
  CHECK(proxyHeaderV1(Address::IPv6("fe80::1%eth0", 1), Address::IPv6("fe80::2%eth0", 2)) ==
        "PROXY TCP6 fe80::1 fe80::2 1 2\r\n");
}

TEST_CASE("version 2 is binary: signature, command, family, length, addresses, ports") {
  CHECK(hex(proxyHeaderV2(kFour, kFourHere)) ==
        kSignature + "2111" + "000c" + "c0000201c0000202" + "126701bb");
  CHECK(hex(proxyHeaderV2(kSix, kSixHere)) == kSignature + "2121" + "0024" +
                                                  "20010db8000000000000000000000001" +
                                                  "20010db8000000000000000000000002" + "126701bb");
}

TEST_CASE("version 2 without addresses in common tells none") {
  CHECK(hex(proxyHeaderV2(kFour, kSixHere)) == kSignature + "2100" + "0000");
}

TEST_CASE("version 2 tells UNIX paths in 108 bytes each") {
  const std::string header = proxyHeaderV2(Address::UNIX("/run/a"), Address::UNIX("@b"));
  CHECK(header.size() == 16 + 216);
  CHECK(hex(header.substr(12, 4)) == "213100d8");
  CHECK(header.substr(16, 7) == std::string("/run/a\0", 7));
  CHECK(header.substr(16 + 108, 3) == std::string("\0b\0", 3));
}

TEST_CASE("version 2 tells what TLS knows") {
  ProxyDetails details;
  details.alpn = "h2";
  details.authority = "a.example";
  details.tlsVersion = "TLSv1.3";
  details.commonName = "alice";
  details.certificate = true;
  details.verified = true;
  const std::string header = proxyHeaderV2(kFour, kFourHere, details);
  const std::string told = header.substr(16 + 12);
  const std::string ssl = std::string("\x07\0\0\0\0", 5) + std::string("\x21\0\x07TLSv1.3", 10) +
                          std::string(
                              "\x22\0\x05"
                              "alice",
                              8);
  CHECK(told == std::string("\x01\0\x02h2", 5) +
                    std::string("\x02\0\x09"
                                "a.example",
                                12) +
                    std::string("\x20\0\x17", 3) + ssl);
  CHECK(static_cast<std::size_t>(header[15]) == header.size() - 16);
}
