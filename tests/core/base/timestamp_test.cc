#include "ropewalk/core/base/timestamp.h"

#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>

#include "tests/catch.h"

using namespace ropewalk;
using std::chrono::milliseconds;

namespace {

// The process's time zone, for a scope.
class Zone {
 public:
  explicit Zone(const char* name) {
    if (const char* former = std::getenv("TZ")) former_ = former;
    ::setenv("TZ", name, 1);
    ::tzset();
  }
  ~Zone() {
    if (former_) {
      ::setenv("TZ", former_->c_str(), 1);
    } else {
      ::unsetenv("TZ");
    }
    ::tzset();
  }

 private:
  std::optional<std::string> former_;
};

// 2026-11-20T10:11:12.345Z; each test takes a second of its own, since the text of a second is
// kept.
Timestamp moment(int plusSeconds) {
  return Timestamp::fromUnix(milliseconds(1'795'169'472'345) + std::chrono::seconds(plusSeconds));
}

}  // namespace

TEST_CASE("in UTC a timestamp is RFC 3339 with milliseconds and Z") {
  CHECK(toTextUTC(moment(0)) == "2026-11-20T10:11:12.345Z");
  const Zone zone("UTC0");
  CHECK(toText(moment(0)) == "2026-11-20T10:11:12.345Z");
}

TEST_CASE("elsewhere it has the offset of the zone, and UTC stays UTC") {
  const Zone zone("EAST-5:30");
  CHECK(toText(moment(1)) == "2026-11-20T15:41:13.345+05:30");
  CHECK(toTextUTC(moment(1)) == "2026-11-20T10:11:13.345Z");
}

TEST_CASE("west of Greenwich the offset is negative") {
  const Zone zone("WEST8");
  CHECK(toText(moment(2)) == "2026-11-20T02:11:14.345-08:00");
}

TEST_CASE("within a second only the milliseconds change") {
  const auto at = [](int ms) {
    return toTextUTC(Timestamp::fromUnix(milliseconds(1'000'000'000'000 + ms)));
  };
  CHECK(at(0) == "2001-09-09T01:46:40.000Z");
  CHECK(at(7) == "2001-09-09T01:46:40.007Z");
  CHECK(at(999) == "2001-09-09T01:46:40.999Z");
  CHECK(at(1000) == "2001-09-09T01:46:41.000Z");
}

TEST_CASE("times before 1970 count their milliseconds upwards") {
  CHECK(toTextUTC(Timestamp::fromUnix(milliseconds(-1))) == "1969-12-31T23:59:59.999Z");
  CHECK(Timestamp::fromUnix(milliseconds(-1)).unixSeconds() == -1);
  CHECK(toTextUTC(Timestamp()) == "1970-01-01T00:00:00.000Z");
}

TEST_CASE("leap days are there") {
  CHECK(toTextUTC(Timestamp::fromUnix(milliseconds(1'709'208'000'000))) ==
        "2024-02-29T12:00:00.000Z");
}

TEST_CASE("timestamps compare") {
  CHECK(moment(1) > moment(0));
  CHECK(moment(1) == moment(1));
}

TEST_CASE("now lies between the system clock before and after") {
  const auto before = std::chrono::system_clock::now();
  const Timestamp time = now();
  CHECK(time.point() >= before);
  CHECK(time.point() <= std::chrono::system_clock::now());
}
