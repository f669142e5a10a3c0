#include "ropewalk/core/base/text.h"

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "tests/catch.h"

using namespace ropewalk;
using namespace std::chrono_literals;
using namespace std::string_literals;
using Parts = std::vector<std::string_view>;

TEST_CASE("case is ASCII's: letters compare equal, their neighbours in the table do not") {
  CHECK(equalIgnoreCase("Content-Length", "content-lENGTH"));
  CHECK_FALSE(equalIgnoreCase("abc", "abcd"));
  CHECK_FALSE(equalIgnoreCase("[", "{"));
  CHECK_FALSE(equalIgnoreCase("@", "`"));
  CHECK_FALSE(equalIgnoreCase("\xc4", "\xe4"));
  CHECK(lowerCase("ABC-\xc4Z") == "abc-\xc4z");
}

TEST_CASE("trim takes blanks from both ends and nothing from the middle") {
  CHECK(trim(" \t a b\r\n") == "a b");
  CHECK(trim("a") == "a");
  CHECK(trim(" \t ").empty());
  CHECK(trim("").empty());
}

TEST_CASE("split gives every part, empty ones too") {
  CHECK(split("a,,b", ',') == Parts{"a", "", "b"});
  CHECK(split(",", ',') == Parts{"", ""});
  CHECK(split("", ',') == Parts{""});
  CHECK(split("a b", ',') == Parts{"a b"});
}

TEST_CASE("parseNumber reads a whole number up to the limits of its type") {
  CHECK(parseNumber<int>("-42") == -42);
  CHECK(parseNumber<std::uint8_t>("255") == 255);
  CHECK(parseNumber<std::uint64_t>("18446744073709551615") == UINT64_MAX);
  CHECK(parseNumber<unsigned>("ff", 16) == 255U);
  CHECK(parseNumber<double>("2.5e3") == 2500.0);
}

TEST_CASE("parseNumber refuses what is not just a number") {
  for (const auto* text : {"", " 1", "1 ", "+1", "1x", "0x10", "--1", "1.0", "-"}) {
    CAPTURE(text);
    CHECK_FALSE(parseNumber<int>(text));
  }
  CHECK_FALSE(parseNumber<std::uint8_t>("256"));
  CHECK_FALSE(parseNumber<unsigned>("-1"));
  for (const auto* text : {"inf", "nan", "-inf", "1e999", "1.5 ", ""}) {
    CAPTURE(text);
    CHECK_FALSE(parseNumber<double>(text));
  }
}

TEST_CASE("bytes from a peer are quoted and escaped") {
  CHECK(quoteBytes("GET / HTTP/1.1\r\n") == R"("GET / HTTP/1.1\r\n")");
  CHECK(quoteBytes("\0\x1b[2J\x7f\xff\"\\"s) == R"("\x00\x1b[2J\x7f\xff\"\\")");
  CHECK(quoteBytes("") == "\"\"");
}

TEST_CASE("bytes from a peer are cut at 64, and the whole length is told") {
  CHECK(quoteBytes(std::string(64, 'a')) == '"' + std::string(64, 'a') + '"');
  CHECK(quoteBytes(std::string(65, 'a')) == '"' + std::string(64, 'a') + "\"... (65 bytes)");
  CHECK(quoteBytes("abcdef", 2) == "\"ab\"... (6 bytes)");
}

TEST_CASE("hex writes two lower-case digits a byte") { CHECK(hex("\0\x7f\xff"s) == "007fff"); }

TEST_CASE("base64 agrees with the vectors of RFC 4648 §10, both ways") {
  const std::vector<std::pair<std::string, std::string>> vectors = {{"", ""},
                                                                    {"f", "Zg=="},
                                                                    {"fo", "Zm8="},
                                                                    {"foo", "Zm9v"},
                                                                    {"foob", "Zm9vYg=="},
                                                                    {"fooba", "Zm9vYmE="},
                                                                    {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    CAPTURE(plain);
    CHECK(base64Encode(plain) == encoded);
    CHECK(base64Decode(encoded).value() == plain);
  }
}

TEST_CASE("words are cut off one by one, with whatever blanks are between them") {
  std::string_view text = " \t one\r\n\f\vtwo ";
  CHECK(nextWord(text) == "one");
  CHECK(nextWord(text) == "two");
  CHECK(nextWord(text).empty());
  CHECK(nextWord(text).empty());
}

TEST_CASE("base64url has its own two letters and no padding") {
  const std::string bytes = "\xfb\xff\xfe";
  CHECK(base64Encode(bytes) == "+//+");
  CHECK(base64Encode(bytes, Base64::url) == "-__-");
  CHECK(base64Encode("f", Base64::url) == "Zg");
  CHECK(base64Decode("-__-", Base64::url).value() == bytes);
  CHECK(base64Decode("Zg", Base64::url).value() == "f");
}

TEST_CASE("all bytes survive base64") {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  CHECK(base64Decode(base64Encode(bytes)).value() == bytes);
  CHECK(base64Decode(base64Encode(bytes, Base64::url), Base64::url).value() == bytes);
}

TEST_CASE("base64 that is not exact is refused, and the message says what and where") {
  const auto reason = [](std::string_view text) {
    return base64Decode(text).failure().getErrorMessage();
  };
  CHECK(reason("Zm9v\n") == "malformed base64: 5 characters are no multiple of four");
  CHECK(reason("Zm-v") == "malformed base64: \"-\" at offset 2");
  CHECK(reason("Zg=v") == "malformed base64: \"=\" at offset 2");
  CHECK(reason("Zh==") == "malformed base64: stray bits after the last byte");
  CHECK(reason("Z===") == "malformed base64: \"=\" at offset 1");
  CHECK(reason("====") == "malformed base64: \"=\" at offset 0");
  CHECK_FALSE(base64Decode("Zg==", Base64::url).ok());
  CHECK(base64Decode("Zm9vY", Base64::url).failure().getErrorMessage() ==
        "malformed base64: one character is left over at the end");
}

TEST_CASE("sizes are told in the unit that people would use") {
  CHECK(humanBytes(0) == "0 B");
  CHECK(humanBytes(1023) == "1023 B");
  CHECK(humanBytes(1_KiB) == "1.0 KiB");
  CHECK(humanBytes(1'258'291) == "1.2 MiB");
  CHECK(humanBytes(300_GiB) == "300 GiB");
  CHECK(humanBytes(1_MiB - 1) == "1.0 MiB");
  CHECK(humanBytes(UINT64_MAX) == "16 EiB");
}

TEST_CASE("durations are told in the units that people would use") {
  CHECK(humanDuration(0ns) == "0 ns");
  CHECK(humanDuration(85ns) == "85 ns");
  CHECK(humanDuration(1500us) == "1.5 ms");
  CHECK(humanDuration(999'900us) == "1.0 s");
  CHECK(humanDuration(42s) == "42 s");
  CHECK(humanDuration(59'900ms) == "1 min");
  CHECK(humanDuration(125s) == "2 min 5 s");
  CHECK(humanDuration(3h + 12min) == "3 h 12 min");
  CHECK(humanDuration(99h) == "4 d 3 h");
  CHECK(humanDuration(-1500us) == "-1.5 ms");
  CHECK(humanDuration(std::chrono::nanoseconds::min()) == "-106751 d 23 h");
}

TEST_CASE("edit distance counts insertions, removals, replacements and swaps, whatever the case") {
  CHECK(editDistance("", "abc") == 3);
  CHECK(editDistance("kitten", "sitting") == 3);
  CHECK(editDistance("listne", "listen") == 1);
  CHECK(editDistance("Listen", "listen") == 0);
}

TEST_CASE("the nearest word is what the user meant, or nothing") {
  const std::array<std::string_view, 4> flags = {"--listen", "--browse", "--public", "-o"};
  CHECK(nearest("--lisetn", flags) == "--listen");
  CHECK(nearest("--brows", flags) == "--browse");
  CHECK(nearest("--PUBLIC", flags) == "--public");
  CHECK(nearest("--verbose-everything", flags).empty());
  CHECK(nearest("x", flags).empty());
  CHECK(nearest("webb", std::vector<std::string>{"web", "fetch"}) == "web");
}

TEST_CASE("UTF-8 is what RFC 3629 says") {
  CHECK(isUtf8("plain, \xc3\xa4, \xe2\x82\xac, \xf0\x9f\x90\x91, \xf4\x8f\xbf\xbf"));
  CHECK(isUtf8(""));
  const std::vector<std::string> broken = {
      "\x80",     "\xc3",         "\xc0\x80",         "\xc1\xbf",         "\xe0\x80\x80",
      "\xe2\x82", "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5",
      "\xff",     "\xe2\x28\xa1"};
  for (const std::string& text : broken) {
    CAPTURE(hex(text));
    CHECK_FALSE(isUtf8(text));
    CHECK(utf8Length(text) == 0);
  }
}

TEST_CASE("JSON strings escape what RFC 8259 demands and replace what is no UTF-8") {
  CHECK(jsonEscape("a\"b\\c\n\r\t\x01"s + '\0') == R"(a\"b\\c\n\r\t\u0001\u0000)");
  CHECK(jsonEscape("\xc3\xa4") == "\xc3\xa4");
  CHECK(jsonEscape("a\xff\xc3") == R"(a\ufffd\ufffd)");
}

TEST_CASE("HTML text cannot leave its element or its attribute") {
  CHECK(htmlEscape("<a href='x' title=\"y\">&") ==
        "&lt;a href=&#39;x&#39; title=&quot;y&quot;&gt;&amp;");
}

TEST_CASE("random bytes have the length asked for and differ each time") {
  CHECK(randomBytes(0).empty());
  CHECK(randomBytes(1000).size() == 1000);
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(randomBytes(16));
  CHECK(seen.size() == 100);
}
