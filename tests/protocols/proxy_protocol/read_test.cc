// Headers of the PROXY protocol, read however they are cut.

#include "ropewalk/protocols/proxy_protocol/read.h"
#include "ropewalk/core/base/format.h"
#include "tests/catch.h"
#include "tests/protocols/feed_every_split.h"

using namespace ropewalk;

namespace {

using Kind = ProxyStep::Kind;

const Address kFour = Address::IPv4("192.0.2.1", 4711);
const Address kFourHere = Address::IPv4("192.0.2.2", 443);

/// What comes of a connection that begins so: the header in words, then the rest.
std::vector<std::string> read(const testing::Pieces& pieces) {
  std::string all;
  std::vector<std::string> events;
  for (const std::string_view piece : pieces) {
    all += piece;
    if (!events.empty()) continue;
    const ProxyStep step = readProxyHeader(all);
    if (step.kind == Kind::needMore) continue;
    if (step.kind == Kind::error) {
      events.push_back("error");  // the first bytes may tell less than all of them
      return events;
    }
    const ProxyHeader& header = step.header;
    events.push_back(
        header.local ? "local"
                     : format("{} to {} by {}", header.source, header.destination, header.version));
    events.push_back(format("{}", step.consumed));
  }
  return events;
}

std::string event(const std::string& input) {
  const auto events = testing::feedEverySplit(input, read);
  return events.empty() ? "more" : events.front();
}

std::string reason(const std::string& input) { return std::string(readProxyHeader(input).reason); }

std::string binary(char command, char family, const std::string& rest) {
  const std::string length{static_cast<char>(rest.size() >> 8),
                           static_cast<char>(rest.size() & 0xFF)};
  return std::string("\r\n\r\n\0\r\nQUIT\n", 12) + command + family + length + rest;
}

}  // namespace

TEST_CASE("B3: version 1 is read however the line is cut") {
  CHECK(event("PROXY TCP4 192.0.2.1 192.0.2.2 4711 443\r\nGET /") ==
        "192.0.2.1:4711 to 192.0.2.2:443 by 1");
  CHECK(event("PROXY TCP6 2001:db8::1 ::1 1 65535\r\n") == "[2001:db8::1]:1 to [::1]:65535 by 1");
  CHECK(event("PROXY UNKNOWN\r\n") == "local");
  CHECK(event("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\nrest") == "local");
}

TEST_CASE("B3: version 2 is read however the header is cut") {
  CHECK(event(proxyHeaderV2(kFour, kFourHere) + "GET /") == "192.0.2.1:4711 to 192.0.2.2:443 by 2");
  CHECK(event(proxyHeaderV2(Address::UNIX("/a"), Address::UNIX("@b"))) ==
        "unix:/a to unix:@b by 2");
  CHECK(event(proxyHeaderV2(kFour, Address::UNIX("/b"))) == "local");
  CHECK(event(binary(0x20, 0x00, "")) == "local");
}

TEST_CASE("what is behind the header is not touched") {
  const std::string header = proxyHeaderV1(kFour, kFourHere);
  CHECK(readProxyHeader(header + "PROXY again").consumed == header.size());
}

TEST_CASE("version 2 gives back all that was told") {
  ProxyDetails told;
  told.alpn = "h2";
  told.authority = "a.example";
  told.tlsVersion = "TLSv1.3";
  told.cipher = "TLS_AES_128_GCM_SHA256";
  told.commonName = "alice";
  told.certificate = told.verified = true;
  const ProxyStep step = readProxyHeader(proxyHeaderV2(kFour, kFourHere, told));
  REQUIRE(step.kind == Kind::header);
  const ProxyDetails& got = step.header.details;
  CHECK(got.alpn == told.alpn);
  CHECK(got.authority == told.authority);
  CHECK(got.tlsVersion == told.tlsVersion);
  CHECK(got.cipher == told.cipher);
  CHECK(got.commonName == told.commonName);
  CHECK((got.certificate && got.verified));
}

TEST_CASE("a checksum is verified") {
  const std::string addresses("\xc0\0\x02\x01\xc0\0\x02\x02\x12\x67\x01\xbb", 12);
  const std::string field("\x03\0\x04", 3);
  const std::string right = binary(0x21, 0x11, addresses + field + "\xe8\x8b\x19\xbc");
  CHECK(event(right) == "192.0.2.1:4711 to 192.0.2.2:443 by 2");
  const std::string wrong = binary(0x21, 0x11, addresses + field + std::string("\0\0\0\0", 4));
  CHECK(reason(wrong).find("checksum") != std::string::npos);
}

TEST_CASE("what is no header is told apart, with the reason") {
  CHECK(reason("GET / HTTP/1.1\r\n").find("neither version") != std::string::npos);
  CHECK(reason("PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n").find("six words") != std::string::npos);
  CHECK(reason("PROXY TCP5 1.2.3.4 1.2.3.4 1 1\r\n").find("family") != std::string::npos);
  CHECK(reason("PROXY TCP4 ::1 1.2.3.4 1 1\r\n").find("source") != std::string::npos);
  CHECK(reason("PROXY TCP4 1.2.3.4 1.2.3.4 01 1\r\n").find("source") != std::string::npos);
  CHECK(reason("PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n").find("destination") != std::string::npos);
  CHECK(reason("PROXY " + std::string(200, 'x')).find("107 bytes") != std::string::npos);
  CHECK(reason(binary(0x31, 0x11, "")).find("neither LOCAL nor PROXY") != std::string::npos);
  CHECK(reason(binary(0x21, 0x41, "")).find("unknown family") != std::string::npos);
  CHECK(reason(binary(0x21, 0x11, "short")).find("too short") != std::string::npos);
  CHECK(reason(binary(0x21, 0x00, "\x01")).find("cut short") != std::string::npos);
  CHECK(reason(binary(0x21, 0x11, "").substr(0, 14) + "\xff\xff").find("too long") !=
        std::string::npos);
}
