// What a secondary keeps on disk for its next start.
#include <filesystem>

#include "ropewalk/servers/dns/transfer/secondary.h"
#include "tests/servers/dns/temporary_file.h"
#include "tests/servers/dns/transfer/secondary_world.h"

using namespace ropewalk;
using namespace ropewalk::dns;
using namespace ropewalk::dns::trial;

TEST_CASE("a copy on disk is served at once after a restart, and kept up to date") {
  SecondaryWorld world;
  const TemporaryFile file;
  file.remove();
  auto primary = std::make_unique<Primary>(world.reactor);
  primary->authority->put(zoneWith(1, "www TXT \"a \\\" ; b\"\n*.w 60 MX 10 mail\n"));
  auto options = world.options(primary->address());
  options.file = file.path();
  const Lines records = recordsOf(*world.start(options).zone());
  REQUIRE(std::filesystem::exists(file.path()));

  // The primary is gone, and the secondary starts again.
  primary->port.stopListening();
  world.authority = std::make_shared<Authority>();
  const Secondary& again = world.start(options);
  REQUIRE(world.serial() == 1);
  CHECK(recordsOf(*again.zone()) == records);
  CHECK(again.counts().whole == 0);
}

TEST_CASE("a copy that has expired is not served") {
  SecondaryWorld world;
  const TemporaryFile file("example.test. 300 IN SOA ns h 1 100 100 1000 5\nexample.test. NS ns\n");
  std::filesystem::last_write_time(file.path(),
                                   std::filesystem::file_time_type::clock::now() - 1001s);
  Primary primary(world.reactor);
  auto options = world.options(primary.address());
  options.file = file.path();
  SECTION("expired") {
    world.start(options);
    CHECK(world.serial() == 0);
    CHECK(world.captured.contains(log::Level::warn, "has expired"));
  }
  SECTION("not yet: what is left of its time counts") {
    std::filesystem::last_write_time(file.path(),
                                     std::filesystem::file_time_type::clock::now() - 500s);
    const Secondary& secondary = world.start(options);
    CHECK(world.serial() == 1);
    world.clock.advance(450s);
    CHECK(world.serial() == 1);
    world.clock.advance(60s);
    CHECK(world.serial() == 0);
    CHECK(secondary.expired());
  }
}

TEST_CASE("a copy that cannot be written is a matter of the log, not of the zone") {
  SecondaryWorld world;
  Primary primary(world.reactor);
  primary.authority->put(zoneWith(1));
  auto options = world.options(primary.address());
  options.file = "/nowhere/at/all";
  world.start(options);
  CHECK(world.serial() == 1);
  CHECK(world.captured.contains(log::Level::error,
                                "cannot write /nowhere/at/all: no such file or directory"));
}
