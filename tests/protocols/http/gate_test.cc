#include "ropewalk/protocols/http/gate.h"

#include <string>

#include "tests/catch.h"

using ropewalk::http::HeadGate;
using Verdict = HeadGate::Verdict;

namespace {

constexpr std::size_t kLimit = 1024;

Verdict verdictOn(std::string_view input, std::size_t limit = kLimit) {
  return HeadGate().scan(input, limit).verdict;
}

// The same head with `bytes` in it at every offset that a 16-byte block can have.
template <class Check>
void atEveryOffset(std::string_view bytes, Check check) {
  for (std::size_t offset = 1; offset < 40; ++offset) {
    INFO("offset " << offset);
    check(std::string(offset, 'a') + std::string(bytes), offset);
  }
}

// The definition, byte by byte, to compare with.
HeadGate::Step plainScan(std::string_view input, std::size_t limit) {
  for (std::size_t i = 0; i < input.size() && i < limit; ++i) {
    const bool afterCr = i > 0 && input[i - 1] == '\r';
    if (input[i] == '\0') return {Verdict::nul, i};
    if (afterCr && input[i] != '\n') return {Verdict::bareCr, i};
    if (!afterCr && input[i] == '\n') return {Verdict::bareLf, i};
    if (input[i] == '\n' && (i == 1 || (i > 1 && input[i - 2] == '\n')))
      return {Verdict::complete, i + 1};
  }
  return {input.size() >= limit ? Verdict::tooLong : Verdict::needMore,
          std::min(input.size(), limit)};
}

}  // namespace

TEST_CASE("the empty line ends a head, wherever it lies") {
  atEveryOffset("\r\n\r\nbody\n\r\0", [](const std::string& input, std::size_t offset) {
    const auto step = HeadGate().scan(input, kLimit);
    CHECK(step.verdict == Verdict::complete);
    CHECK(step.at == offset + 4);
  });
}

TEST_CASE("a section that begins with its empty line is empty") {
  CHECK(HeadGate().scan("\r\nmore", kLimit).at == 2);
  CHECK(HeadGate().scan("\r\nmore that fills a block of bytes", kLimit).at == 2);
}

TEST_CASE("a CR that no LF follows is refused") {
  atEveryOffset("\rb\r\n\r\n", [](const std::string& input, std::size_t offset) {
    const auto step = HeadGate().scan(input, kLimit);
    CHECK(step.verdict == Verdict::bareCr);
    CHECK(step.at == offset + 1);
  });
}

TEST_CASE("an LF that no CR precedes is refused") {
  atEveryOffset("\nb\r\n\r\n", [](const std::string& input, std::size_t offset) {
    const auto step = HeadGate().scan(input, kLimit);
    CHECK(step.verdict == Verdict::bareLf);
    CHECK(step.at == offset);
  });
}

TEST_CASE("NUL is refused") {
  atEveryOffset(std::string_view("\0\r\n\r\n", 5),
                [](const std::string& input, std::size_t offset) {
                  const auto step = HeadGate().scan(input, kLimit);
                  CHECK(step.verdict == Verdict::nul);
                  CHECK(step.at == offset);
                });
}

TEST_CASE("two CRs before an LF, and CR LF CR without LF, are no line ends") {
  CHECK(verdictOn("GET / HTTP/1.1\r\r\n\r\n") == Verdict::bareCr);
  CHECK(verdictOn("GET / HTTP/1.1\r\n\rX\r\n") == Verdict::bareCr);
  CHECK(verdictOn("GET / HTTP/1.1\r\n\n") == Verdict::bareLf);
}

TEST_CASE("a CR at the end of what came so far may still get its LF") {
  HeadGate gate;
  CHECK(gate.scan("GET / HTTP/1.1\r", kLimit).verdict == Verdict::needMore);
  CHECK(gate.scan("GET / HTTP/1.1\r\n\r", kLimit).verdict == Verdict::needMore);
  CHECK(gate.scan("GET / HTTP/1.1\r\n\r\n", kLimit).verdict == Verdict::complete);
}

TEST_CASE("a head of exactly the limit passes, one byte more does not") {
  const std::string head = "GET / HTTP/1.1\r\n\r\n";
  CHECK(verdictOn(head, head.size()) == Verdict::complete);
  CHECK(verdictOn(head, head.size() - 1) == Verdict::tooLong);
  CHECK(verdictOn(std::string(kLimit - 1, 'a')) == Verdict::needMore);
  CHECK(verdictOn(std::string(kLimit, 'a')) == Verdict::tooLong);
}

TEST_CASE("a drip is looked at once: scanned() follows the input") {
  const std::string input = "GET / HTTP/1.1\r\nHost: a\r\n";
  HeadGate gate;
  for (std::size_t size = 1; size <= input.size(); ++size) {
    REQUIRE(gate.scan(std::string_view(input).substr(0, size), kLimit).verdict ==
            Verdict::needMore);
    REQUIRE(gate.scanned() == size);
  }
}

TEST_CASE(
    "every string of CR, LF, NUL and a letter gets what the definition says, also when it comes in "
    "two pieces") {
  constexpr char kAlphabet[] = {'\r', '\n', '\0', 'a'};
  for (unsigned number = 0; number < 4096; ++number) {
    std::string input(number % 2 == 0 ? 13 : 0, 'a');
    for (unsigned digits = number, i = 0; i < 6; ++i, digits /= 4) input += kAlphabet[digits % 4];
    const auto expected = plainScan(input, kLimit);
    const auto whole = HeadGate().scan(input, kLimit);
    HeadGate gate;
    const auto cut = std::min<std::size_t>(input.size(), 15);
    auto step = gate.scan(std::string_view(input).substr(0, cut), kLimit);
    if (step.verdict == Verdict::needMore) step = gate.scan(input, kLimit);
    if (whole.verdict == expected.verdict && whole.at == expected.at &&
        step.verdict == expected.verdict && step.at == expected.at) {
      continue;
    }
    FAIL("differs for string number " << number);
  }
}
