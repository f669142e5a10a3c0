// Ranges of IP addresses.

#include "ropewalk/core/net/network.h"
#include "tests/catch.h"

using namespace ropewalk;

namespace {

bool contains(std::string_view network, std::string_view address) {
  const auto parsed = Network::parse(network);
  REQUIRE(parsed);
  return parsed->contains(Address::fromLiteral(address, 80));
}

}  // namespace

TEST_CASE("a network contains the addresses that share its first bits") {
  CHECK(contains("10.0.0.0/8", "10.255.0.1"));
  CHECK_FALSE(contains("10.0.0.0/8", "11.0.0.1"));
  CHECK(contains("192.0.2.128/25", "192.0.2.200"));
  CHECK_FALSE(contains("192.0.2.128/25", "192.0.2.100"));
  CHECK(contains("2001:db8::/32", "2001:db8:1::1"));
  CHECK_FALSE(contains("2001:db8::/32", "2001:db9::1"));
  CHECK(contains("0.0.0.0/0", "192.0.2.1"));
  CHECK_FALSE(contains("0.0.0.0/0", "::1"));
}

TEST_CASE("an address alone is a network of one") {
  CHECK(contains("::1", "::1"));
  CHECK_FALSE(contains("127.0.0.1", "127.0.0.2"));
}

TEST_CASE("an IPv4 address in an IPv6 socket is that IPv4 address") {
  CHECK(contains("10.0.0.0/8", "::ffff:10.1.2.3"));
}

TEST_CASE("UNIX sockets are in no network") {
  CHECK_FALSE(Network::parse("0.0.0.0/0")->contains(Address::UNIX("/a")));
}

TEST_CASE("what is no network is told apart") {
  for (const auto* text :
       {"", "10.0.0.0/33", "::/129", "10.0.0", "name", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x"}) {
    CAPTURE(text);
    CHECK_FALSE(Network::parse(text));
  }
}

TEST_CASE("a network knows addresses by their bytes, too") {
  const auto network = Network::parse("10.0.0.0/8");
  REQUIRE(network);
  CHECK(network->containsBytes({"\x0a\x01\x02\x03", 4}));
  CHECK_FALSE(network->containsBytes({"\x0b\x01\x02\x03", 4}));
  CHECK(network->containsBytes({"\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\x01\x02\x03", 16}));
  CHECK_FALSE(network->containsBytes({"\x0a\x01\x02\x03\0\0\0\0\0\0\0\0\0\0\0\0", 16}));
  CHECK_FALSE(network->containsBytes(""));
}

TEST_CASE("the bytes of an address are those of its literal") {
  CHECK(addressBytes(Address::IPv4("192.0.2.1", 53)) == std::string("\xc0\0\x02\x01", 4));
  CHECK(addressBytes(Address::IPv6("fe80::1%eth0", 53)).size() == 16);
  CHECK(addressBytes(Address::IPv6("::ffff:192.0.2.1", 53)).size() == 4);
  CHECK(addressBytes(Address::UNIX("/a")).empty());
}
