#include "ropewalk/protocols/http/etag.h"

#include <vector>

#include "tests/catch.h"

using namespace ropewalk::http;

namespace {

constexpr std::int64_t kModified = 784111777;  // Sun, 06 Nov 1994 08:49:37 GMT
constexpr std::int64_t kNow = 1795000000;
constexpr std::string_view kSame = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr std::string_view kEarlier = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr std::string_view kLater = "Sun, 06 Nov 1994 08:49:38 GMT";

Precondition evaluate(Method method, std::vector<FieldLine> lines,
                      const Validators& current = {"\"a\"", kModified}) {
  return evaluatePreconditions(method, FieldLines(lines), current, kNow);
}

}  // namespace

TEST_CASE("entity tags are quoted, weak ones marked (RFC 9110 §8.8.3)") {
  CHECK(parseEntityTag("\"abc\"")->opaque == "abc");
  CHECK_FALSE(parseEntityTag("\"abc\"")->weak);
  CHECK(parseEntityTag("W/\"abc\"")->weak);
  CHECK(parseEntityTag("\"\"")->opaque.empty());
  CHECK(parseEntityTag("\"a\\\"")->opaque == "a\\");
  for (const char* bad : {"", "abc", "\"abc", "abc\"", "w/\"abc\"", "W/abc", "\"a b\"", "\"a\"b",
                          "\"", "W/", "\"a\x7f\""}) {
    INFO(bad);
    CHECK_FALSE(parseEntityTag(bad).has_value());
  }
  CHECK(entityTag("x") == "\"x\"");
  CHECK(entityTag("x", true) == "W/\"x\"");
}

TEST_CASE("the four comparisons of RFC 9110 §8.8.3.2") {
  const auto both = [](std::string_view a, std::string_view b) {
    return std::pair(strongMatch(a, b), weakMatch(a, b));
  };
  CHECK(both("W/\"1\"", "W/\"1\"") == std::pair(false, true));
  CHECK(both("W/\"1\"", "W/\"2\"") == std::pair(false, false));
  CHECK(both("W/\"1\"", "\"1\"") == std::pair(false, true));
  CHECK(both("\"1\"", "\"1\"") == std::pair(true, true));
  CHECK(both("", "") == std::pair(false, false));
}

TEST_CASE("without conditions the method proceeds") {
  CHECK(evaluate(Method::get, {}) == Precondition::proceed);
}

TEST_CASE("If-Match goes on for a strong match or * and fails otherwise") {
  CHECK(evaluate(Method::put, {{"If-Match", "\"x\", \"a\""}}) == Precondition::proceed);
  CHECK(evaluate(Method::put, {{"If-Match", "*"}}) == Precondition::proceed);
  CHECK(evaluate(Method::put, {{"If-Match", "\"x\""}}) == Precondition::failed);
  CHECK(evaluate(Method::put, {{"If-Match", "W/\"a\""}}) == Precondition::failed);
  CHECK(evaluate(Method::put, {{"If-Match", "*"}}, {"", std::nullopt, false}) ==
        Precondition::failed);
  CHECK(evaluate(Method::put, {{"If-Match", "\"x\""}, {"if-match", "\"a\""}}) ==
        Precondition::proceed);
}

TEST_CASE("If-Unmodified-Since fails after a later change, and yields to If-Match") {
  CHECK(evaluate(Method::put, {{"If-Unmodified-Since", kSame}}) == Precondition::proceed);
  CHECK(evaluate(Method::put, {{"If-Unmodified-Since", kEarlier}}) == Precondition::failed);
  CHECK(evaluate(Method::put, {{"If-Unmodified-Since", "yesterday"}}) == Precondition::proceed);
  CHECK(evaluate(Method::put, {{"If-Unmodified-Since", kEarlier}}, {"\"a\"", std::nullopt}) ==
        Precondition::proceed);
  CHECK(evaluate(Method::put, {{"If-Match", "\"a\""}, {"If-Unmodified-Since", kEarlier}}) ==
        Precondition::proceed);
}

TEST_CASE("If-None-Match: 304 for GET and HEAD, 412 for the rest") {
  CHECK(evaluate(Method::get, {{"If-None-Match", "\"x\" , W/\"a\""}}) == Precondition::notModified);
  CHECK(evaluate(Method::head, {{"If-None-Match", "*"}}) == Precondition::notModified);
  CHECK(evaluate(Method::put, {{"If-None-Match", "*"}}) == Precondition::failed);
  CHECK(evaluate(Method::put, {{"If-None-Match", "*"}}, {"", std::nullopt, false}) ==
        Precondition::proceed);
  CHECK(evaluate(Method::get, {{"If-None-Match", "\"x\""}}) == Precondition::proceed);
  CHECK(evaluate(Method::get, {{"If-None-Match", "a"}}) == Precondition::proceed);
}

TEST_CASE("commas and backslashes inside a tag do not break the list") {
  CHECK(evaluate(Method::get, {{"If-None-Match", "\"x,y\",\"z\\\", \"a\""}}) ==
        Precondition::notModified);
}

TEST_CASE("If-Modified-Since counts for GET and HEAD, and yields to If-None-Match") {
  CHECK(evaluate(Method::get, {{"If-Modified-Since", kSame}}) == Precondition::notModified);
  CHECK(evaluate(Method::head, {{"If-Modified-Since", kLater}}) == Precondition::notModified);
  CHECK(evaluate(Method::get, {{"If-Modified-Since", kEarlier}}) == Precondition::proceed);
  CHECK(evaluate(Method::post, {{"If-Modified-Since", kSame}}) == Precondition::proceed);
  CHECK(evaluate(Method::get, {{"If-Modified-Since", "0"}}) == Precondition::proceed);
  CHECK(evaluate(Method::get, {{"If-None-Match", "\"x\""}, {"If-Modified-Since", kSame}}) ==
        Precondition::proceed);
}

TEST_CASE("the three forms of a date count, two dates in two lines do not (RFC 9110 §13.1.3)") {
  CHECK(evaluate(Method::get, {{"If-Modified-Since", "Sunday, 06-Nov-94 08:49:37 GMT"}}) ==
        Precondition::notModified);
  CHECK(evaluate(Method::get, {{"If-Modified-Since", "Sun Nov  6 08:49:37 1994"}}) ==
        Precondition::notModified);
  CHECK(evaluate(Method::get, {{"If-Modified-Since", kLater}, {"If-Modified-Since", kLater}}) ==
        Precondition::proceed);
  CHECK(evaluate(Method::put, {{"If-Unmodified-Since", kEarlier},
                               {"if-unmodified-since", kEarlier}}) == Precondition::proceed);
  CHECK(evaluate(Method::get,
                 {{"Range", "bytes=0-1"}, {"If-Range", "\"a\""}, {"If-Range", "\"a\""}}) ==
        Precondition::ignoreRange);
}

TEST_CASE("lists of tags: empty elements, several lines, what is no tag (RFC 9110 §5.6.1)") {
  for (const char* value :
       {"\"a\"", ",\"a\"", " , ,\t\"x\" ,, W/\"a\",", "\"x\",\"a\",junk", "*"}) {
    INFO(value);
    CHECK(evaluate(Method::get, {{"If-None-Match", value}}) == Precondition::notModified);
  }
  for (const char* value :
       {"", ",", "a", "'a'", "w/\"a\"", "\"A\"", "junk, \"a\"", "\"x, a\"", "**"}) {
    INFO(value);
    CHECK(evaluate(Method::get, {{"If-None-Match", value}}) == Precondition::proceed);
  }
  CHECK(evaluate(Method::get, {{"If-None-Match", "\"x\""}, {"If-None-Match", "\"a\""}}) ==
        Precondition::notModified);
  CHECK(evaluate(Method::get, {{"If-Match", ", \"a\""}}) == Precondition::proceed);
  CHECK(evaluate(Method::get, {{"If-Match", ""}}) == Precondition::failed);
}

TEST_CASE("If-Range lets a Range count only for the very same representation") {
  const auto withRange = [](std::string_view ifRange,
                            const Validators& current = {"\"a\"", kModified}) {
    return evaluate(Method::get, {{"Range", "bytes=0-1"}, {"If-Range", ifRange}}, current);
  };
  CHECK(withRange("\"a\"") == Precondition::proceed);
  CHECK(withRange("\"x\"") == Precondition::ignoreRange);
  CHECK(withRange("W/\"a\"", {"W/\"a\"", kModified}) == Precondition::ignoreRange);
  CHECK(withRange(kSame, {"", kModified}) == Precondition::proceed);
  CHECK(withRange(kLater, {"", kModified}) == Precondition::ignoreRange);
  CHECK(withRange("nonsense") == Precondition::ignoreRange);
  CHECK(withRange("Sat, 20 Nov 2027 00:00:00 GMT", {"", 1826668800}) == Precondition::ignoreRange);
  CHECK(evaluate(Method::get, {{"If-Range", "\"x\""}}) == Precondition::proceed);
  CHECK(evaluate(Method::head, {{"Range", "bytes=0-1"}, {"If-Range", "\"x\""}}) ==
        Precondition::proceed);
}

TEST_CASE("a date in If-Range counts for nothing where there is an entity tag") {
  const std::string_view etag = GENERATE("\"a\"", "W/\"a\"");
  CHECK(evaluate(Method::get, {{"Range", "bytes=0-1"}, {"If-Range", kSame}}, {etag, kModified}) ==
        Precondition::ignoreRange);
}

TEST_CASE("the order of RFC 9110 §13.2.2: If-Match before If-None-Match before If-Range") {
  CHECK(evaluate(Method::get, {{"If-None-Match", "\"a\""}, {"If-Match", "\"x\""}}) ==
        Precondition::failed);
  CHECK(evaluate(Method::get,
                 {{"If-Range", "\"x\""}, {"Range", "bytes=0-"}, {"If-None-Match", "\"a\""}}) ==
        Precondition::notModified);
}
