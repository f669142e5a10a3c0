// Lists of networks: who is in them, and what they are written like.
#include "ropewalk/core/net/network_list.h"

#include <stdexcept>

#include "tests/catch.h"

using namespace ropewalk;

namespace {

/// Both ways of asking.
bool holds(const NetworkList& list, std::string_view literal) {
  const Address peer = Address::fromLiteral(literal, 0);
  const bool held = list.contains(peer);
  CHECK(list.contains(addressBytes(peer)) == held);
  return held;
}

}  // namespace

TEST_CASE("the first network of a list that holds an address decides") {
  const NetworkList list({"!10.9.0.0/16", "10.0.0.0/8", "::1"});
  CHECK(holds(list, "10.1.2.3"));
  CHECK_FALSE(holds(list, "10.9.2.3"));
  CHECK(holds(list, "::1"));
  CHECK_FALSE(holds(list, "192.0.2.1"));
  CHECK(holds(list, "::ffff:10.1.2.3"));
}

TEST_CASE("any holds everybody, none nobody, and an empty list neither") {
  CHECK(holds(NetworkList({"any"}), "192.0.2.1"));
  CHECK(NetworkList({"any"}).contains(""));
  CHECK_FALSE(NetworkList({"0.0.0.0/0"}).contains(""));
  CHECK_FALSE(holds(NetworkList({"none"}), "192.0.2.1"));
  CHECK_FALSE(holds(NetworkList(), "192.0.2.1"));
  CHECK(holds(NetworkList({"!10.0.0.0/8", "any"}), "192.0.2.1"));
}

TEST_CASE("what is no network is named") {
  CHECK_THROWS_WITH(NetworkList({"10.0.0.0/33"}), Catch::Contains("\"10.0.0.0/33\""));
  CHECK_THROWS_AS(NetworkList({"localhost"}), std::invalid_argument);
}

TEST_CASE("only any holds a peer without an IP address") {
  CHECK(NetworkList({"any"}).contains(Address::UNIX("/run/x.sock")));
  CHECK_FALSE(NetworkList({"0.0.0.0/0", "::/0"}).contains(Address::UNIX("/run/x.sock")));
}
