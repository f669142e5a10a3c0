#include "ropewalk/protocols/http/date.h"

#include <ctime>
#include <string>

#include "tests/catch.h"

using namespace ropewalk::http;

namespace {
constexpr std::int64_t kExample = 784111777;  // the date that RFC 9110 §5.6.7 writes in three ways
constexpr std::int64_t kIn2026 = 1795000000;
}  // namespace

TEST_CASE("the three forms of RFC 9110 §5.6.7 are one date") {
  CHECK(parseDate("Sun, 06 Nov 1994 08:49:37 GMT") == kExample);
  CHECK(parseDate("Sunday, 06-Nov-94 08:49:37 GMT", kIn2026) == kExample);
  CHECK(parseDate("Sun Nov  6 08:49:37 1994") == kExample);
  CHECK(parseDate("Wed Nov 16 08:49:37 1994") == kExample + 10 * 86400);
  CHECK(formatDate(kExample) == "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST_CASE("dates are written as the C library writes them, over four centuries") {
  for (std::int64_t time = -11676096000; time < 7258118400; time += 86400 * 97 + 12345) {
    const std::time_t seconds = time;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char expected[64];
    std::strftime(expected, sizeof expected, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    REQUIRE(formatDate(time) == expected);
    REQUIRE(parseDate(expected) == time);
  }
}

TEST_CASE("times beyond the years 0 to 9999 are written as the nearest end") {
  CHECK(formatDate(INT64_MAX) == "Fri, 31 Dec 9999 23:59:59 GMT");
  CHECK(formatDate(INT64_MIN) == "Sat, 01 Jan 0000 00:00:00 GMT");
}

TEST_CASE("a two-digit year more than 50 years ahead is of the last century") {
  const auto yearOf = [](const std::string& year) {
    return formatDate(parseDate("Friday, 20-Nov-" + year + " 00:00:00 GMT", kIn2026).value())
        .substr(12, 4);
  };
  CHECK(yearOf("26") == "2026");
  CHECK(yearOf("76") == "2076");
  CHECK(yearOf("77") == "1977");
  CHECK(yearOf("99") == "1999");
  CHECK(yearOf("00") == "2000");
}

TEST_CASE("days that a month does not have are no dates") {
  CHECK(parseDate("Thu, 29 Feb 2024 00:00:00 GMT").has_value());
  CHECK_FALSE(parseDate("Thu, 29 Feb 2023 00:00:00 GMT").has_value());
  CHECK_FALSE(parseDate("Thu, 29 Feb 1900 00:00:00 GMT").has_value());
  CHECK_FALSE(parseDate("Thu, 31 Apr 2024 00:00:00 GMT").has_value());
  CHECK_FALSE(parseDate("Thu, 00 Apr 2024 00:00:00 GMT").has_value());
}

TEST_CASE("a leap second counts as the second after, other overflows are refused") {
  CHECK(parseDate("Sat, 31 Dec 2016 23:59:60 GMT") == parseDate("Sun, 01 Jan 2017 00:00:00 GMT"));
  CHECK_FALSE(parseDate("Sun, 06 Nov 1994 24:00:00 GMT").has_value());
  CHECK_FALSE(parseDate("Sun, 06 Nov 1994 08:60:00 GMT").has_value());
  CHECK_FALSE(parseDate("Sun, 06 Nov 1994 08:49:61 GMT").has_value());
}

TEST_CASE("anything that is not spelled exactly so is no date") {
  for (const char* bad : {"",
                          "Sun",
                          "Sun, 6 Nov 1994 08:49:37 GMT",
                          "Sun, 06 Nov 1994 08:49:37",
                          "Sun, 06 Nov 1994 08:49:37 UTC",
                          "Sun, 06 Nov 1994 08:49:37 GMT ",
                          " Sun, 06 Nov 1994 08:49:37 GMT",
                          "sun, 06 Nov 1994 08:49:37 GMT",
                          "Sun, 06 nov 1994 08:49:37 GMT",
                          "Sun, 06-Nov-1994 08:49:37 GMT",
                          "Sun, 06 Nov 94 08:49:37 GMT",
                          "Sunday, 06 Nov 1994 08:49:37 GMT",
                          "Sun,06 Nov 1994 08:49:37 GMT",
                          "Xyz, 06 Nov 1994 08:49:37 GMT",
                          "Sun, 06 Nov 1994 8:49:37 GMT",
                          "Sun, +6 Nov 1994 08:49:37 GMT",
                          "Sun Nov 6 08:49:37 1994",
                          "Sun Nov  6 08:49:37 94",
                          "784111777",
                          "1994-11-06T08:49:37Z",
                          "0"}) {
    INFO(bad);
    CHECK_FALSE(parseDate(bad).has_value());
  }
}
