#include "ropewalk/core/base/format.h"

#include <cstdint>
#include <limits>
#include <sstream>
#include <string>

#include "ropewalk/core/base/failure.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/base/timestamp.h"
#include "tests/catch.h"

namespace elsewhere {

struct Point {
  int x;
  int y;
};
std::string toText(const Point& point) { return ropewalk::format("({}, {})", point.x, point.y); }

enum class Colour { red, blue };
std::string toText(Colour colour) { return colour == Colour::red ? "red" : "blue"; }

enum class Plain { one = 1, two };

}  // namespace elsewhere

using namespace ropewalk;

TEST_CASE("each {} takes the next argument, {n} the one of that number") {
  CHECK(format("{} and {}", 1, "two") == "1 and two");
  CHECK(format("{1} before {0}", "b", "a") == "a before b");
}

TEST_CASE("durations look as people write them") {
  CHECK(toText(300ms) == "300 ms");
  CHECK(format("{} of {}", 1500us, 2min) == "1.5 ms of 2 min");
}

TEST_CASE("what has a toText can be printed") {
  std::ostringstream out;
  out << Failure(TimeoutError("too late")) << ", " << std::string("text ") << 1_KiB;
  CHECK(out.str() == "TimeoutError: too late, text 1024");
}

namespace outside {
namespace rw = ropewalk;
ROPEWALK_ERROR(QualifiedError, rw::Error);
ROPEWALK_ERROR(DerivedError, QualifiedError);
}  // namespace outside

TEST_CASE("an error type may be derived from a qualified one") {
  const Failure failure(outside::DerivedError("why"));
  CHECK(failure.kind() == "DerivedError");
  CHECK(failure.check<outside::QualifiedError>() != nullptr);
  CHECK(failure.getErrorMessage() == "why");
}

TEST_CASE("numbers of every size keep their value") {
  CHECK(format("{}", std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  CHECK(format("{}", std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(format("{} {}", std::int8_t{-7}, std::uint8_t{200}) == "-7 200");
  CHECK(format("{}", 2.5F) == "2.5");
}

TEST_CASE("booleans, characters and text look like themselves") {
  CHECK(format("{} {} {} {}", true, 'x', std::string("s"), std::string_view("v")) == "true x s v");
}

TEST_CASE("specifications work as those of std::format") {
  CHECK(format("{:>5}|{:<5}|{:^5}", 42, "ab", 'c') == "   42|ab   |  c  ");
  CHECK(format("{:.2f} {:x} {:#x} {:05}", 3.14159, 255, 255, 42) == "3.14 ff 0xff 00042");
  CHECK(format("{{}} {}", 1) == "{} 1");
}

TEST_CASE("whatever has a toText beside it is an argument") {
  CHECK(format("at {}", elsewhere::Point{1, 2}) == "at (1, 2)");
  CHECK(format("{}", elsewhere::Colour::blue) == "blue");
  CHECK(format("{}", elsewhere::Plain::two) == "2");
  CHECK(format("gone: {}", Failure(TimeoutError("late"))) == "gone: TimeoutError: late");
}

TEST_CASE("the stamp of the timestamp server can be written as people expect") {
  const auto time = Timestamp::fromUnix(std::chrono::milliseconds(0));
  CHECK(format("[{}] {}", time, "line") == "[" + toText(time) + "] line");
}

TEST_CASE("a pattern that does not fit gives the pattern and the reason, and never throws") {
  CHECK(format("{} and {}", 1).starts_with("{} and {} [bad format: "));
  CHECK(format("{", 1).starts_with("{ [bad format: "));
  CHECK(format("{:d}", "text").starts_with("{:d} [bad format: "));
}

TEST_CASE("a null C string is no crash") {
  const char* none = nullptr;
  CHECK(format("{}", none) == "(null)");
}
