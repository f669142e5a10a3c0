// Secondaries that are told of a change. RFC 1996.
#include "ropewalk/servers/dns/transfer/secondary.h"
#include "ropewalk/servers/dns/transfer/secondary_zones.h"
#include "tests/servers/dns/transfer/secondary_world.h"

using namespace ropewalk;
using namespace ropewalk::dns;
using namespace ropewalk::dns::trial;

TEST_CASE("NOTIFY from a primary starts a refresh; from strangers it is refused") {
  SecondaryWorld world;
  Primary primary(world.reactor);
  primary.authority->put(zoneWith(1));
  Secondary& secondary = world.start(world.options(primary.address()));
  primary.authority->put(zoneWith(2));
  SECTION("from the primary") {
    CHECK(secondary.notified(Asked(notifyOf(), Carrier::udp, kLoopback).query()) == Rcode::NOERROR);
    CHECK(secondary.refreshing());
    REQUIRE(world.until([&] { return world.serial() == 2; }));
  }
  SECTION("from a stranger") {
    Asked stranger(notifyOf(), Carrier::udp, std::string("\xc0\0\2\1", 4));
    CHECK(secondary.notified(stranger.query()) == Rcode::REFUSED);
    CHECK_FALSE(secondary.refreshing());
  }
  SECTION("with a serial that we have, or an older one") {
    for (const std::uint32_t serial : {1U, 0U}) {
      CHECK(secondary.notified(Asked(notifyOf(serial), Carrier::udp, kLoopback).query()) ==
            Rcode::NOERROR);
      CHECK_FALSE(secondary.refreshing());
    }
  }
  SECTION("with a newer serial, twice: the second one asks once more afterwards") {
    for (int i = 0; i < 3; ++i) {
      CHECK(secondary.notified(Asked(notifyOf(2), Carrier::udp, kLoopback).query()) ==
            Rcode::NOERROR);
    }
    REQUIRE(world.until([&] { return world.serial() == 2; }));
    world.clock.advance(0s);
    REQUIRE(world.until([&] { return secondary.counts().refreshes == 3; }));
  }
}

TEST_CASE("NOTIFYs do not start refreshes faster than they may") {
  SecondaryWorld world;
  Primary primary(world.reactor);
  primary.authority->put(zoneWith(1));
  auto options = world.options(primary.address());
  options.notifySpacing = 5s;
  Secondary& secondary = world.start(options);
  CHECK(secondary.notified(Asked(notifyOf(), Carrier::udp, kLoopback).query()) == Rcode::NOERROR);
  CHECK_FALSE(secondary.refreshing());
  world.clock.advance(5s);
  CHECK(secondary.refreshing());
}

TEST_CASE("NOTIFY is taken from listed networks, and with the zone's key") {
  SecondaryWorld world;
  Primary primary(world.reactor);
  primary.authority->put(zoneWith(1));
  const TsigKey key = *TsigKey::parse("transfer.test:c2VjcmV0");
  primary.dispatcher->addKey(key);
  auto options = world.options(primary.address());
  options.key = key;
  options.notifiers = {"192.0.2.0/24"};
  Secondary& secondary = world.start(options);
  const std::string elsewhere("\xcb\0\x71\1", 4);
  CHECK(secondary.notified(Asked(notifyOf(), Carrier::udp, std::string("\xc0\0\2\1", 4)).query()) ==
        Rcode::NOERROR);
  CHECK(secondary.notified(Asked(notifyOf(), Carrier::udp, elsewhere).query()) == Rcode::REFUSED);
  Asked withKey(notifyOf(), Carrier::udp, elsewhere);
  withKey.query().tsigKey = key.name.wire();
  CHECK(secondary.notified(withKey.query()) == Rcode::NOERROR);
}

TEST_CASE("all secondaries together: NOTIFY goes to the right one, missing zones are SERVFAIL") {
  SecondaryWorld world;
  Primary primary(world.reactor);
  primary.authority->put(zoneWith(1));
  SecondaryZones zones(world.reactor, world.authority);
  Secondary& here = zones.add(kApex, world.options(primary.address()));
  Secondary& missing = zones.add(Name("missing.test"), world.options(primary.address()));
  REQUIRE(world.until([&] { return !here.refreshing() && !missing.refreshing(); }));
  CHECK(zones.find(Name("EXAMPLE.test")) == &here);
  CHECK_THROWS_AS(zones.add(kApex, world.options("192.0.2.1")), std::invalid_argument);

  CHECK(zones.notified(Asked(notifyOf(2), Carrier::udp, kLoopback).query()) == Rcode::NOERROR);
  CHECK(here.refreshing());
  CHECK(zones.notified(Asked(notifyOf(2, "other.test"), Carrier::udp, kLoopback).query()) ==
        Rcode::NOTAUTH);

  const auto servfail = ask(zones, "www.missing.test", Type::A);
  CHECK(servfail.verdict == Verdict::answered);
  CHECK(servfail.message.rcode == Rcode::SERVFAIL);
  CHECK(ask(zones, "www.example.test", Type::A).verdict == Verdict::pass);
  CHECK(ask(zones, "www.other.test", Type::A).verdict == Verdict::pass);
}
