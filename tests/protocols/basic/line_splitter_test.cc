// LineSplitter: bytes to lines, however they are cut.
#include "ropewalk/protocols/basic/line_splitter.h"

#include <string>
#include <vector>

#include "tests/catch.h"
#include "tests/protocols/feed_every_split.h"

using namespace ropewalk;

namespace {

using Events = std::vector<std::string>;

Events split(LineOptions options, const testing::Pieces& pieces) {
  LineSplitter splitter(std::move(options));
  Events events;
  for (std::string_view piece : pieces) {
    while (true) {
      const auto step = splitter.next(piece);
      piece.remove_prefix(step.taken);
      if (step.event == LineSplitter::Event::needMore) break;
      events.push_back((step.event == LineSplitter::Event::line ? "" : "long:") +
                       std::string(step.line));
    }
    REQUIRE(piece.empty());
  }
  if (!splitter.rest().empty()) events.push_back("rest:" + std::string(splitter.rest()));
  return events;
}

Events splitEveryWay(const LineOptions& options, std::string_view input) {
  return testing::feedEverySplit(
      input, [&](const testing::Pieces& pieces) { return split(options, pieces); });
}

}  // namespace

TEST_CASE("lines end in CRLF, and a rest without one waits") {
  CHECK(splitEveryWay({}, "one\r\ntwo\r\n\r\nthr") == Events{"one", "two", "", "rest:thr"});
}

TEST_CASE("CR and LF alone are part of a line") {
  CHECK(splitEveryWay({}, "a\rb\nc\r\r\n\n\r\n") == Events{"a\rb\nc\r", "\n"});
}

TEST_CASE("NUL and bytes above 127 are part of a line") {
  const std::string input("\0\xff\x80\r\n", 5);
  CHECK(splitEveryWay({}, input) == Events{std::string("\0\xff\x80", 3)});
}

TEST_CASE("a delimiter may be one byte, or many") {
  CHECK(splitEveryWay({.delimiter = "\n"}, "a\r\nb\n") == Events{"a\r", "b"});
  CHECK(splitEveryWay({.delimiter = "----"}, "a---b-----c----") == Events{"a---b", "-c"});
  CHECK(splitEveryWay({.delimiter = "aab"}, "aaab.aaaab") == Events{"a", ".aa"});
}

TEST_CASE("bothNewlines takes LF and CRLF, and drops one CR only") {
  CHECK(splitEveryWay(bothNewlines(), "a\nb\r\n\n\r\nc\r\r\n\rd\n") ==
        Events{"a", "b", "", "", "c\r", "\rd"});
}

TEST_CASE("anyNewline takes what terminals send: LF, CRLF, CR NUL, and a lone CR") {
  CHECK(splitEveryWay(anyNewline(), "a\nb\r\n\n\r\nc\r\r\n\rd\n") ==
        Events{"a", "b", "", "", "c", "", "", "d"});
  CHECK(splitEveryWay(anyNewline(), std::string("telnet\r\0again\r\0\r\n\0x\n", 20)) ==
        Events{"telnet", "again", "", std::string("\0x", 2)});
  CHECK(splitEveryWay(anyNewline(), "waits for what follows\r") ==
        Events{"rest:waits for what follows\r"});
  CHECK(splitEveryWay(anyNewline(3), "abc\rabcd\rabcdefgh\r\nabc\n") ==
        Events{"abc", "long:abc", "long:abc", "abc"});
}

TEST_CASE("a line of exactly maxLength is a line, one byte more is too long") {
  CHECK(splitEveryWay({.maxLength = 5}, "12345\r\n123456\r\n1\r\n") ==
        Events{"12345", "long:12345", "1"});
  CHECK(splitEveryWay(anyNewline(5), "12345\r\n123456\r\n12345\n") ==
        Events{"12345", "long:12345", "12345"});
}

TEST_CASE("a long line is reported once, skipped up to its end, and the next one is given") {
  const std::string input =
      std::string(40, 'x') + "\r\r\n" + "next\r\n" + std::string(9, 'y') + "\r\nlast\r\n";
  CHECK(splitEveryWay({.maxLength = 8}, input) ==
        Events{"long:xxxxxxxx", "next", "long:yyyyyyyy", "last"});
  CHECK(splitEveryWay({.delimiter = "abcd", .maxLength = 2}, "xxxabcabcdz") ==
        Events{"long:xx", "rest:z"});
}

TEST_CASE("a line may be limited to nothing") {
  CHECK(splitEveryWay({.maxLength = 0}, "\r\na\r\n\r\n") == Events{"", "long:", ""});
}

TEST_CASE("a line that lies whole in the input is a view into it") {
  const std::string input = "one\r\ntwo\r\n";
  LineSplitter splitter;
  const auto step = splitter.next(input);
  CHECK(step.line.data() == input.data());
  CHECK(step.taken == 5);
}

TEST_CASE("after an unfinished line only its end is copied from the next chunk") {
  const std::string second = "lo\r\nanother\r\n";
  LineSplitter splitter;
  CHECK(splitter.next("hel").taken == 3);
  const auto first = splitter.next(second);
  CHECK(first.line == "hello");
  CHECK(first.taken == 4);
  CHECK(splitter.next(std::string_view(second).substr(4)).line.data() == second.data() + 4);
}

TEST_CASE("the unfinished rest can be taken back") {
  LineSplitter splitter;
  (void)splitter.next("abc\r");
  CHECK(splitter.takeRest() == "abc\r");
  CHECK(splitter.rest().empty());
  CHECK(splitter.next("\nx\r\n").line == "\nx");
}

TEST_CASE("setOptions gives the rest back, which may hold the new delimiter") {
  LineSplitter splitter;
  (void)splitter.next("a\nb");
  const std::string rest = splitter.setOptions({.delimiter = "\n"});
  CHECK(rest == "a\nb");
  CHECK(splitter.next(rest).line == "a");
}

TEST_CASE("an empty delimiter is refused") {
  CHECK_THROWS_AS(LineSplitter(LineOptions{.delimiter = ""}), std::invalid_argument);
}

TEST_CASE("the end of a typed line is found wherever it lies") {
  for (std::size_t length = 0; length < 1'200; ++length) {
    for (const std::string end : {"\n", "\r\n", "\rx"}) {
      const auto found = findTypedEnd(std::string(length, 'x') + end, length / 2, true);
      REQUIRE(found);
      REQUIRE(found->at == length);
    }
    REQUIRE_FALSE(findTypedEnd(std::string(length, 'x'), 0, true));
  }
}
