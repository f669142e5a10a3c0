// Names read from messages: compression, and all that a hostile message can do with it. RFC 1035
// §4.1.4, CVE-2026-42304.
#include <array>

#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/dns/message.h"
#include "ropewalk/protocols/dns/name.h"
#include "tests/catch.h"
#include "tests/protocols/dns/bytes.h"

using namespace ropewalk;
using namespace ropewalk::dns;
using ropewalk::dns::testing::bytes;
using namespace std::string_literals;

namespace {

struct Expanded {
  std::string name;
  std::size_t next = 0;
};

Expanded read(std::string_view message, std::size_t offset) {
  std::array<char, kMaxNameLength> out;
  const auto result = wire::readName(message, offset, out.data());
  CHECK(wire::skipName(message, offset) == result.next);
  if (result.next == 0) return {};
  return {wire::nameToText({out.data(), result.length}), result.next};
}

bool refused(std::string_view message, std::size_t offset) {
  return read(message, offset).next == 0;
}

std::string pointerTo(std::size_t offset) {
  return {static_cast<char>(0xC0 | offset >> 8), static_cast<char>(offset)};
}

}  // namespace

TEST_CASE("the message of RFC 1035 §4.1.4 reads as it says there") {
  std::string message(92, '\0');
  message.replace(20, 12, bytes("0146 0349534904 41525041 00"));
  message.replace(40, 6, bytes("03464f4f") + pointerTo(20));
  message.replace(64, 2, pointerTo(26));
  message[92 - 1] = '\0';
  CHECK(read(message, 20).name == "F.ISI.ARPA.");
  CHECK(read(message, 20).next == 32);
  CHECK(read(message, 40).name == "FOO.F.ISI.ARPA.");
  CHECK(read(message, 40).next == 46);
  CHECK(read(message, 64).name == "ARPA.");
  CHECK(read(message, 64).next == 66);
  CHECK(read(message, 91).name == ".");
  CHECK(read(message, 91).next == 92);
}

TEST_CASE("pointers to themselves, to each other and forward are refused") {
  CHECK(refused(pointerTo(0), 0));
  CHECK(refused(pointerTo(2) + pointerTo(0), 0));
  CHECK(refused(pointerTo(2) + pointerTo(0), 2));
  CHECK(refused(pointerTo(2) + "\0"s, 0));
  CHECK(refused("\1a"s + pointerTo(0), 0));     // a.a.a.…
  CHECK(refused("\1a\1b"s + pointerTo(2), 0));  // into itself
  CHECK(refused("\1a"s + pointerTo(0), 2));     // back to where it is led here again
  CHECK(refused(pointerTo(900) + "\0"s, 0));    // out of the message
}

TEST_CASE("a name that is cut off is refused, wherever") {
  const std::string whole = "\0"s + bytes("03777777 07 6578616d706c65") + pointerTo(0);
  REQUIRE(read(whole, 1).name == "www.example.");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO("the first " << size << " bytes");
    CHECK(refused(std::string_view(whole).substr(0, size), 1));
  }
  CHECK(refused(whole, whole.size()));
  CHECK(refused(whole, whole.size() + 5));
}

TEST_CASE("lengths that RFC 1035 keeps for later are refused") {
  CHECK(refused(bytes("40") + std::string(64, 'a') + "\0"s, 0));
  CHECK(refused(bytes("80") + std::string(128, 'a') + "\0"s, 0));
  CHECK(refused(bytes("BF00"), 0));
}

TEST_CASE("a name of 255 bytes is read, one of 256 is not, pointers or not") {
  std::string message(1, '\x3d');
  message += std::string(61, 'a');
  for (int i = 0; i < 3; ++i) message += "\x3f"s + std::string(63, 'b');
  message += '\0';
  REQUIRE(message.size() == 255);
  CHECK(read(message, 0).next == 255);
  CHECK(wire::nameLength(message) == 255);
  message += "\1c"s + pointerTo(0);
  CHECK(refused(message, 255));
  std::string longer = message.substr(0, 255);
  longer.insert(1, 1, 'a');
  longer[0] = '\x3e';
  CHECK(refused(longer, 0));
  CHECK(wire::nameLength(longer) == 0);
}

TEST_CASE(
    "127 labels, each behind a pointer, are read; chains of pointers without labels are not") {
  // "a" and the root, then in turn a label and a pointer to the name before.
  std::string message = "\1a\0"s;
  std::size_t last = 0;
  for (int labels = 2; labels <= 127; ++labels) {
    const std::size_t here = message.size();
    message += "\1a"s + pointerTo(last);
    last = here;
  }
  CHECK(read(message, last).name.size() == 254);

  std::string chain = "\0"s;
  last = 0;
  for (int pointers = 1; pointers <= 127; ++pointers) {
    const std::size_t here = chain.size();
    chain += pointerTo(last);
    last = here;
  }
  CHECK(read(chain, last).name == ".");
  chain += pointerTo(last);
  CHECK(refused(chain, chain.size() - 2));
}

TEST_CASE("a message whose every name goes through a chain of pointers is refused at the first") {
  // Unbounded, 5,000 records would walk 8,000 pointers each (CVE-2026-42304).
  std::string message = bytes("0001 8000 0000 0001 0e00 0000 00 000a 0001 00000000 3e80");
  std::size_t last = 0;
  for (int i = 0; i < 8000; ++i) {
    const std::size_t here = message.size();
    message += pointerTo(i == 0 ? 12 : last);
    last = here;
  }
  for (int i = 0; i < 0xe00; ++i) message += pointerTo(last) + bytes("0010 0001 00000000 0001 00");
  REQUIRE(message.size() <= kMaxMessageLength);
  const auto decoded = Message::decode(message);
  REQUIRE_FALSE(decoded.ok());
  CHECK_THAT(decoded.failure().getErrorMessage(), Catch::Contains("record 1 of the authority"));
}

TEST_CASE("names are compared, lowered, counted and hashed where they lie") {
  const std::string a = Name("WWW.Example.org").wire();
  const std::string b = Name("www.eXample.ORG").wire();
  CHECK(wire::equalNames(a, b));
  CHECK(wire::compareNames(a, b) == std::weak_ordering::equivalent);
  CHECK(wire::hashName(a, 7) == wire::hashName(b, 7));
  CHECK(wire::hashName(a, 7) != wire::hashName(a, 8));
  CHECK(wire::countLabels(a) == 3);
  CHECK(wire::countLabels(std::string_view("\0", 1)) == 0);
  CHECK(wire::isBelow(a, Name("example.org").wire()));
  CHECK(wire::nameLength(a + "more") == a.size());
  CHECK(wire::nameLength("") == 0);
  CHECK(wire::nameLength(pointerTo(0)) == 0);
  std::string lower = a;
  wire::lowerName(a, lower.data());
  CHECK(lower == Name("www.example.org").wire());
}
