// NetstringDecoder, LengthPrefixDecoder: strings behind their length, however they are cut.
#include <string>
#include <vector>

#include "ropewalk/protocols/basic/length_prefix.h"
#include "ropewalk/protocols/basic/netstring.h"
#include "tests/catch.h"
#include "tests/protocols/feed_every_split.h"

using namespace ropewalk;

namespace {

using Events = std::vector<std::string>;

Events netstrings(std::string_view input, std::size_t maxLength = 99'999) {
  return testing::feedEverySplit(input, [&](const testing::Pieces& pieces) {
    NetstringDecoder decoder(maxLength);
    Events events;
    for (std::string_view piece : pieces) {
      while (true) {
        const auto step = decoder.next(piece);
        piece.remove_prefix(step.taken);
        if (step.event == NetstringDecoder::Event::needMore) break;
        const bool string = step.event == NetstringDecoder::Event::string;
        const bool tooLong = step.event == NetstringDecoder::Event::tooLong;
        events.push_back(string ? std::string(step.text) : tooLong ? "too long" : "malformed");
      }
      REQUIRE(piece.empty());
    }
    return events;
  });
}

template <class Length>
Events prefixed(std::string_view input, std::size_t maxLength = 99'999) {
  return testing::feedEverySplit(input, [&](const testing::Pieces& pieces) {
    LengthPrefixDecoder<Length> decoder(maxLength);
    using Event = typename LengthPrefixDecoder<Length>::Event;
    Events events;
    for (std::string_view piece : pieces) {
      while (true) {
        const auto step = decoder.next(piece);
        piece.remove_prefix(step.taken);
        if (step.event == Event::needMore) break;
        const bool string = step.event == Event::string;
        events.push_back(string ? std::string(step.string)
                                : "too long: " + std::to_string(step.length));
      }
      REQUIRE(piece.empty());
    }
    return events;
  });
}

using namespace std::string_literals;

}  // namespace

TEST_CASE("netstrings: the strings, empty ones and those with commas included") {
  CHECK(netstrings("5:hello,0:,3:a,b,12:hello world!,1:x") ==
        Events{"hello", "", "a,b", "hello world!"});
}

TEST_CASE("netstrings: what the encoder makes is what the decoder gives") {
  const std::string text = "x\0:,\n"s + std::string(300, 'y');
  CHECK(encodeNetstring("") == "0:,");
  CHECK(netstrings(encodeNetstring(text)) == Events{text});
}

TEST_CASE(
    "netstrings: leading zeros, blanks, signs and missing parts are malformed, and nothing "
    "follows") {
  const char* const input = GENERATE("05:hello,", "00:,", " 5:hello,", "+5:hello,", "-1:x,", ":,",
                                     "5 :hello,", "5hello,", "5:hello.", "5:helloo,", "\r\n");
  CAPTURE(input);
  CHECK(netstrings("1:a,"s + input + "1:b,1:c,") == Events{"a", "malformed"});
}

TEST_CASE("netstrings: the limit is inclusive, and counts before the payload comes") {
  CHECK(netstrings("10:0123456789,", 10) == Events{"0123456789"});
  CHECK(netstrings("1:a,11:", 10) == Events{"a", "too long"});
  CHECK(netstrings("7:", 5) == Events{"too long"});
  CHECK(netstrings("0:,1:", 0) == Events{"", "too long"});
}

TEST_CASE("netstrings: a length beyond any integer is too long, not small") {
  CHECK(netstrings("18446744073709551617:x,", SIZE_MAX) == Events{"too long"});
  CHECK(netstrings("99999999999999999999999999999999:x,") == Events{"too long"});
}

TEST_CASE("length prefixes: one, two and four bytes, most significant first") {
  CHECK(prefixed<std::uint8_t>("\x05hello\x00\x01x"s) == Events{"hello", "", "x"});
  CHECK(prefixed<std::uint16_t>("\x00\x05hello\x00\x00\x00\x01x"s) == Events{"hello", "", "x"});
  CHECK(prefixed<std::uint32_t>("\x00\x00\x00\x05hello\x00\x00\x00\x00"s) == Events{"hello", ""});
}

TEST_CASE("length prefixes: what the encoder makes is what the decoder gives") {
  const std::string text(300, 'y');
  CHECK(encodeLengthPrefix<std::uint16_t>(300) == "\x01\x2c");
  CHECK(prefixed<std::uint16_t>(encodeLengthPrefix<std::uint16_t>(300) + text) == Events{text});
}

TEST_CASE("length prefixes: the limit is inclusive, and ends the stream") {
  CHECK(prefixed<std::uint8_t>("\x03xyz\x04xyzt\x01x"s, 3) == Events{"xyz", "too long: 4"});
  CHECK(prefixed<std::uint32_t>("\xff\xff\xff\xffxyz"s) == Events{"too long: 4294967295"});
}

TEST_CASE("a string that lies whole in the input is a view into it") {
  const std::string input = "5:hello,";
  NetstringDecoder decoder;
  CHECK(decoder.next(input).text.data() == input.data() + 2);
}
