// Which events are wanted: levels by module.

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "log_fixture.h"
#include "ropewalk/core/base/log_capture.h"
#include "tests/catch.h"

using namespace ropewalk;
using log::Level;
using logtest::FreshLog;

namespace {

constexpr log::Logger kHttp{"http"};
constexpr log::Logger kClient{"http.client"};
constexpr log::Logger kPool{"http.client.pool"};
constexpr log::Logger kHttpd{"httpd"};

// What this program prints when only the test with this tag runs, with ROPEWALK_LOG set: it is read
// once a process.
std::string outputOfChild(const std::string& tag, const std::string& levels) {
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
  const std::string command = "ROPEWALK_LOG='" + levels + "' '" + program + "' '" + tag + "' 2>&1";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command.c_str(), "r"),
                                                             &::pclose);
  std::string output;
  for (int c = std::fgetc(pipe.get()); c != EOF; c = std::fgetc(pipe.get()))
    output += static_cast<char>(c);
  return output;
}

// Counts how often it is formatted.
struct Costly {
  int* times;
};
std::string toText(const Costly& costly) {
  ++*costly.times;
  return "costly";
}

}  // namespace

TEST_CASE("by default info and worse are said") {
  const FreshLog fresh;
  CHECK(kHttp.enabled(Level::info));
  CHECK(kHttp.enabled(Level::critical));
  CHECK_FALSE(kHttp.enabled(Level::debug));
}

TEST_CASE("a module has the level of the longest dotted prefix of its name") {
  const FreshLog fresh;
  log::setLevels("warn,http=debug,http.client.pool=error");
  CHECK(kHttp.enabled(Level::debug));
  CHECK(kClient.enabled(Level::debug));
  CHECK_FALSE(kPool.enabled(Level::warn));
  CHECK(kPool.enabled(Level::error));
  CHECK_FALSE(kHttpd.enabled(Level::info));
  CHECK(kHttpd.enabled(Level::warn));
}

TEST_CASE("levels change while the program runs") {
  const FreshLog fresh;
  REQUIRE_FALSE(kHttp.enabled(Level::debug));
  log::setLevel("http", Level::debug);
  CHECK(kHttp.enabled(Level::debug));
  log::setLevel("http", Level::off);
  CHECK_FALSE(kHttp.enabled(Level::critical));
  log::setLevel("", Level::trace);
  CHECK(kHttpd.enabled(Level::trace));
  CHECK_FALSE(kHttp.enabled(Level::critical));
}

TEST_CASE("setLevels replaces all levels, and levels tells them in the same form") {
  const FreshLog fresh;
  log::setLevels(" Warning , http = TRACE,dns=off,");
  CHECK(log::levels() == "warn,dns=off,http=trace");
  log::setLevels(log::levels() + ",http=error");
  CHECK(log::levels() == "warn,dns=off,http=error");
  log::setLevels("http=debug");
  CHECK(log::levels() == "info,http=debug");
}

TEST_CASE("levels that cannot be read change nothing, and the message names the nearest") {
  const FreshLog fresh;
  log::setLevels("warn");
  CHECK_THROWS_WITH(log::setLevels("info,http=debgu"),
                    "cannot set log levels \"info,http=debgu\": unknown level \"debgu\"; did you "
                    "mean \"debug\"?");
  CHECK_THROWS_WITH(log::setLevels("loud"),
                    Catch::Contains("use trace, debug, info, warn, error, critical or off"));
  CHECK_THROWS_AS(log::setLevels("http="), log::BadLevelsError);
  CHECK(log::levels() == "warn");
}

TEST_CASE("prints its levels, for the test of ROPEWALK_LOG", "[.prints-levels]") {
  log::info("first use");
  std::printf("levels: %s\n", log::levels().c_str());
}

TEST_CASE("ROPEWALK_LOG sets the levels that a program starts with") {
  const std::string output = outputOfChild("[.prints-levels]", "error,http=trace");
  CHECK(output.find("levels: error,http=trace\n") != std::string::npos);
}

TEST_CASE("a ROPEWALK_LOG that cannot be read is warned of, and the default stays") {
  const std::string output = outputOfChild("[.prints-levels]", "inof");
  CHECK(output.find("levels: info\n") != std::string::npos);
  CHECK(output.find("ROPEWALK_LOG: cannot set log levels \"inof\": unknown level \"inof\"; did you "
                    "mean \"info\"?") != std::string::npos);
}

TEST_CASE("what is off is not formatted") {
  const FreshLog fresh;
  const log::testing::Captured captured;
  int formatted = 0;
  kHttp.debug("{}", Costly{&formatted});
  kHttp.debug("done", log::field("cost", Costly{&formatted}));
  CHECK(formatted == 0);
  kHttp.info("{}", Costly{&formatted});
  CHECK(formatted == 1);
}

TEST_CASE("each level has its function, with a module and without") {
  const FreshLog fresh;
  const log::testing::Captured captured(Level::trace);
  kHttp.trace("a"), kHttp.debug("b"), kHttp.info("c"), kHttp.warn("d"), kHttp.error("e"),
      kHttp.critical("f");
  log::trace("a"), log::debug("b"), log::info("c"), log::warn("d"), log::error("e"),
      log::critical("f");
  const auto events = captured.events();
  REQUIRE(events.size() == 12);
  for (std::size_t i = 0; i < 12; ++i) {
    CHECK(events[i].level == static_cast<Level>(i % 6));
    CHECK(events[i].message == std::string(1, static_cast<char>('a' + i % 6)));
    CHECK(events[i].module == (i < 6 ? "http" : ""));
  }
}

TEST_CASE("a level that is known at run time only") {
  const FreshLog fresh;
  const log::testing::Captured captured;
  kHttp.at(Level::warn, "n={}", 1);
  kHttp.at(Level::debug, "not wanted");
  kHttp.at(Level::off, "never");
  CHECK(captured.messages() == std::vector<std::string>{"n=1"});
}

TEST_CASE("Captured can lower the levels for its scope") {
  const FreshLog fresh;
  log::setLevels("error,http=off");
  {
    const log::testing::Captured captured(Level::debug);
    kHttp.debug("seen");
    CHECK(captured.count() == 1);
  }
  CHECK(log::levels() == "error,http=off");
}
