// Zones from files, and their reload.
#include "ropewalk/servers/dns/zone/zone_files.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "ropewalk/core/base/log_capture.h"
#include "tests/catch.h"
#include "tests/servers/dns/temporary_file.h"
#include "tests/servers/dns/zone_world.h"

using namespace ropewalk;
using namespace ropewalk::dns;
using namespace ropewalk::dns::trial;

namespace {

const Name kApex("example.test");

std::string text(std::uint32_t serial, std::string_view records = {}) {
  return "$ORIGIN example.test.\n$TTL 300\n@ SOA ns hostmaster " + std::to_string(serial) +
         " 3600 600 86400 60\n@ NS ns\nns A 192.0.2.53\n" + std::string(records);
}

struct World {
  ZoneFilesReport reload() { return wait(files.reload()); }
  ZoneFilesReport wait(Deferred<ZoneFilesReport> deferred) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!deferred.ready() && std::chrono::steady_clock::now() < deadline) {
      reactor.iterate(20ms);
    }
    REQUIRE(deferred.ready());
    return std::move(deferred).takeResult().value();
  }
  std::uint32_t serial() const {
    const auto zone = authority->zone(kApex);
    return zone ? zone->serial() : 0;
  }

  Reactor reactor;
  std::shared_ptr<Authority> authority = std::make_shared<Authority>();
  ZoneFiles files{reactor, authority};
};

/// A change that shows, also on a file system whose clock is coarse.
void change(const TemporaryFile& file, const std::string& to) {
  const auto before = std::filesystem::last_write_time(file.path());
  file.write(to);
  std::filesystem::last_write_time(file.path(), before + 1s);
}

}  // namespace

TEST_CASE("files are loaded at the start, the first error is told, the rest is served") {
  World world;
  const TemporaryFile good(text(1));
  const TemporaryFile bad("$ORIGIN bad.test.\n@ 300 SOA ns h 1 2 3 4\n");
  world.files.add(bad.path());
  world.files.add(good.path());
  const auto loaded = world.files.load();
  REQUIRE_FALSE(loaded);
  CHECK(loaded.failure().getErrorMessage().starts_with(bad.path() + ":2:"));
  CHECK(world.serial() == 1);
}

TEST_CASE("a zone that should be here and is not gets SERVFAIL until it is") {
  World world;
  const TemporaryFile good("$TTL 300\n@ SOA ns h 1 2 3 4 5\n@ NS ns\n");
  const TemporaryFile bad("@ 300 SOA ns h 1 2 3 4\n");
  world.files.add(good.path(), Name("good.test"));
  world.files.add(bad.path(), Name("bad.test"));
  const auto rcodeOf = [&](const char* name) {
    const auto answer = trial::ask(*world.authority, name, Type::SOA);
    return answer.verdict == Verdict::pass ? "pass" : toText(answer.message.rcode);
  };
  CHECK(rcodeOf("www.bad.test") == "pass");
  CHECK_FALSE(world.files.load());
  CHECK(world.files.load());  // what failed was told once
  CHECK(rcodeOf("good.test") == "NOERROR");
  CHECK(rcodeOf("www.bad.test") == "SERVFAIL");
  CHECK(rcodeOf("test") == "pass");
  change(bad, "$TTL 300\n@ SOA ns h 1 2 3 4 5\n@ NS ns\n");
  CHECK(world.reload().loaded == 1);
  CHECK(rcodeOf("bad.test") == "NOERROR");
}

TEST_CASE("a file that changed is served anew, one that did not is not even read") {
  World world;
  const TemporaryFile one(text(1));
  const TemporaryFile two(
      "$ORIGIN other.test.\n@ 300 SOA ns h 1 2 3 4 5\n@ 300 NS ns.example.test.\n");
  world.files.add(one.path());
  world.files.add(two.path());
  REQUIRE(world.files.load());
  int puts = 0;
  world.authority->onChange([&](const auto&) { ++puts; });

  auto report = world.reload();
  CHECK(report.loaded == 0);
  CHECK(report.unchanged == 2);
  change(one, text(2));
  report = world.reload();
  CHECK(report.loaded == 1);
  CHECK(report.unchanged == 1);
  CHECK(world.serial() == 2);
  CHECK(puts == 1);
}

TEST_CASE("questions are answered while a file is read") {
  World world;
  const TemporaryFile file(text(1, "www A 192.0.2.1\n"));
  world.files.add(file.path());
  REQUIRE(world.files.load());
  change(file, text(2, "www A 192.0.2.2\n"));
  auto reloaded = world.files.reload();
  CHECK_FALSE(reloaded.ready());
  CHECK(lines(ask(*world.authority, "www.example.test", Type::A).message.answers) ==
        Lines{"www.example.test. 300 A 192.0.2.1"});
  (void)world.wait(std::move(reloaded));
  CHECK(lines(ask(*world.authority, "www.example.test", Type::A).message.answers) ==
        Lines{"www.example.test. 300 A 192.0.2.2"});
}

TEST_CASE("a bad file leaves the old zone in place, and says where the mistake is") {
  World world;
  log::testing::Captured captured;
  const TemporaryFile file(text(1));
  world.files.add(file.path());
  REQUIRE(world.files.load());
  SECTION("a mistake") {
    change(file, text(2, "www A 192.0.2.300\n"));
    const auto report = world.reload();
    REQUIRE(report.errors.size() == 1);
    CHECK(report.errors[0].starts_with(file.path() + ":6:7:"));
    CHECK(captured.contains(log::Level::error, report.errors[0] + "; the zone from before stays"));
  }
  SECTION("gone") {
    file.remove();
    const auto report = world.reload();
    REQUIRE(report.errors.size() == 1);
    CHECK(report.errors[0].find(file.path()) != std::string::npos);
  }
  SECTION("cut off") {
    change(file, "");
    CHECK(world.reload().errors.size() == 1);
  }
  CHECK(world.serial() == 1);

  file.write(text(3, "www A 192.0.2.1\n"));
  CHECK(world.reload().loaded == 1);
  CHECK(world.serial() == 3);
}

TEST_CASE("a file that failed is tried again at the next reload, though it did not change") {
  World world;
  const TemporaryFile included("www A 192.0.2.1\n");
  const TemporaryFile file(text(1, "$INCLUDE " + included.path() + "x\n"));
  world.files.add(file.path());
  CHECK_FALSE(world.files.load());
  CHECK(world.reload().errors.size() == 1);
  std::filesystem::copy(included.path(), included.path() + "x");
  CHECK(world.reload().loaded == 1);
  std::filesystem::remove(included.path() + "x");
}

TEST_CASE("a change of an included file is a change of the zone") {
  World world;
  const TemporaryFile included("www A 192.0.2.1\n");
  const TemporaryFile file(text(1, "$INCLUDE " + included.path() + "\n"));
  world.files.add(file.path());
  REQUIRE(world.files.load());
  CHECK(world.reload().unchanged == 1);
  change(included, "www A 192.0.2.22\n");
  CHECK(world.reload().loaded == 1);
  CHECK(lines(ask(*world.authority, "www.example.test", Type::A).message.answers) ==
        Lines{"www.example.test. 300 A 192.0.2.22"});
}

TEST_CASE("a serial that does not go up is warned about") {
  World world;
  log::testing::Captured captured;
  const TemporaryFile file(text(5));
  world.files.add(file.path());
  REQUIRE(world.files.load());
  SECTION("it went back") {
    change(file, text(4));
    CHECK(world.reload().loaded == 1);
    CHECK(captured.contains(log::Level::warn, "went from 5 to 4"));
  }
  SECTION("it stayed, and the records changed") {
    change(file, text(5, "www A 192.0.2.1\n"));
    CHECK(world.reload().loaded == 1);
    CHECK(captured.contains(log::Level::warn, "went from 5 to 5"));
  }
  SECTION("it stayed, and so did all else") {
    change(file, text(5, "; a comment\n"));
    CHECK(world.reload().unchanged == 1);
    CHECK_FALSE(captured.contains(log::Level::warn, "went from"));
  }
  SECTION("it wrapped around") {
    change(file, text(0x8000'0004));
    CHECK(world.reload().loaded == 1);
    CHECK_FALSE(captured.contains(log::Level::warn, "went from"));
  }
}

TEST_CASE("two files with the same zone: the second is refused") {
  World world;
  const TemporaryFile one(text(1));
  const TemporaryFile two(text(2));
  world.files.add(one.path());
  world.files.add(two.path());
  CHECK(world.files.load().failure().getErrorMessage() ==
        two.path() + ": the zone example.test. is in " + one.path() + " already");
  CHECK(world.serial() == 1);
}

TEST_CASE("a file that is of another zone now takes the old one away") {
  World world;
  const TemporaryFile file(text(1));
  world.files.add(file.path());
  REQUIRE(world.files.load());
  change(file, "$ORIGIN other.test.\n@ 300 SOA ns h 1 2 3 4 5\n@ 300 NS ns.example.test.\n");
  CHECK(world.reload().loaded == 1);
  CHECK(world.serial() == 0);
  CHECK(world.authority->zone(Name("other.test")));
}

TEST_CASE("a reload that is asked for during another follows it") {
  World world;
  const TemporaryFile file(text(1));
  world.files.add(file.path());
  REQUIRE(world.files.load());
  change(file, text(2));
  auto first = world.files.reload();
  auto second = world.files.reload();
  auto third = world.files.reload();
  CHECK(world.wait(std::move(second)).unchanged == 1);
  CHECK(first.ready());
  CHECK(third.ready());
  CHECK(std::move(first).takeResult()->loaded == 1);
}

TEST_CASE("changes are seen by watching, and a mistake is told once") {
  World world;
  log::testing::Captured captured;
  const TemporaryFile file(text(1));
  world.files.add(file.path());
  REQUIRE(world.files.load());
  world.files.watch(1ms);
  const auto until = [&](const auto& condition) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!condition() && std::chrono::steady_clock::now() < deadline) world.reactor.iterate(5ms);
    return condition();
  };
  change(file, text(2));
  REQUIRE(until([&] { return world.serial() == 2; }));
  change(file, "bad");
  REQUIRE(
      until([&] { return captured.contains(log::Level::error, "the zone from before stays"); }));
  const auto seen = captured.events().size();
  for (int i = 0; i < 20; ++i) world.reactor.iterate(2ms);
  CHECK(captured.events().size() == seen);
}

TEST_CASE("files that go away while they are read let go of everything") {
  Reactor reactor;
  auto authority = std::make_shared<Authority>();
  const TemporaryFile file(text(1));
  {
    ZoneFiles files(reactor, authority);
    files.add(file.path());
    files.reload().addErrback([](const Failure&) {});
  }
  for (int i = 0; i < 5; ++i) reactor.iterate(10ms);
  CHECK_FALSE(authority->zone(kApex));
}
