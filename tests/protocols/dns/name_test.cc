// Names as values: text both ways, families of names, order. RFC 1035 §2.3 and §5.1, RFC 4034 §6.1,
// RFC 4343.
#include "ropewalk/protocols/dns/name.h"

#include <algorithm>
#include <unordered_set>
#include <vector>

#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/dns/errors.h"
#include "tests/catch.h"
#include "tests/protocols/dns/bytes.h"

using namespace ropewalk;
using namespace ropewalk::dns;
using ropewalk::dns::testing::bytes;
using ropewalk::dns::testing::complaint;
using namespace std::string_literals;

namespace {

std::string nameOfLabels(std::size_t count, std::size_t length) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += std::string(length, 'a') + '.';
  return text;
}

}  // namespace

TEST_CASE("a name goes on the wire as its labels behind their lengths") {
  CHECK(hex(Name("www.example.org").wire()) == "03777777076578616d706c65036f726700");
  CHECK(Name("www.example.org.").wire() == Name("www.example.org").wire());
  CHECK(Name().wire() == "\0"s);
  CHECK(Name(".").wire() == "\0"s);
  CHECK(Name("").isRoot());
}

TEST_CASE("a name is printed with its last dot, and whatever is special is escaped") {
  CHECK(toText(Name()) == ".");
  CHECK(toText(Name("www.Example.org")) == "www.Example.org.");
  CHECK(toText(Name(R"(a\.b.c\\d)")) == R"(a\.b.c\\d.)");
  CHECK(toText(Name(R"(sp\032ace.\255)")) == R"(sp\032ace.\255.)");
  CHECK(toText(Name(R"(\@.\$x.a\"b.\(\).\;)")) == R"(\@.\$x.a\"b.\(\).\;.)");
}

TEST_CASE("every byte in a label comes back out of the text") {
  std::string label;
  for (int c = 0; c < 256; ++c) {
    label.assign(1, static_cast<char>(c));
    const auto name = Name("org").child(label);
    REQUIRE(name.ok());
    CHECK(Name(toText(*name)).wire() == name->wire());
  }
}

TEST_CASE("text that is no name is refused, and the reason given") {
  const auto why = [](std::string_view text) { return complaint(Name::parse(text)); };
  CHECK_THAT(why("a..b"), Catch::Contains("empty label"));
  CHECK_THAT(why(".a"), Catch::Contains("empty label"));
  CHECK_THAT(why(".."), Catch::Contains("empty label"));
  CHECK_THAT(why(std::string(64, 'a')), Catch::Contains("63 bytes"));
  CHECK_THAT(why(R"(a\)"), Catch::Contains("escape"));
  CHECK_THAT(why(R"(a\25)"), Catch::Contains("escape"));
  CHECK_THAT(why(R"(a\256)"), Catch::Contains("escape"));
  CHECK_THAT(why(R"(a\2x5)"), Catch::Contains("escape"));
  CHECK_THROWS_AS(Name("a..b"), FormatError);
}

TEST_CASE("a name has at most 255 bytes, a label at most 63") {
  CHECK(Name::parse(std::string(63, 'a')).ok());
  const std::string longest = nameOfLabels(3, 63) + std::string(61, 'b');
  REQUIRE(Name::parse(longest).ok());
  CHECK(Name(longest).wire().size() == 255);
  CHECK_THAT(complaint(Name::parse(longest + "b")), Catch::Contains("255 bytes"));
  CHECK(Name::parse(nameOfLabels(127, 1)).ok());
  CHECK_THAT(complaint(Name::parse(nameOfLabels(128, 1))), Catch::Contains("255 bytes"));
  CHECK_FALSE(Name::parse(std::string(100'000, 'a')).ok());
}

TEST_CASE("a name without a last dot is below the origin") {
  const Name origin("example.org");
  CHECK(*Name::parse("www", &origin) == Name("www.example.org"));
  CHECK(*Name::parse("www.", &origin) == Name("www."));
  CHECK(*Name::parse(".", &origin) == Name());
  const Name longOne(nameOfLabels(3, 63));
  CHECK(Name::parse(std::string(61, 'a'), &longOne).ok());
  CHECK_FALSE(Name::parse(std::string(62, 'a'), &longOne).ok());
}

TEST_CASE("comparing names ignores the case of letters, and of nothing else") {
  CHECK(Name("WWW.Example.ORG") == Name("www.example.org"));
  CHECK(Name("a[b") != Name("a{b"));
  CHECK(Name("a.b") != Name(R"(a\.b)"));
  CHECK(std::hash<Name>()(Name("WWW.Example.ORG")) == std::hash<Name>()(Name("www.example.org")));
  const std::unordered_set<Name> names = {Name("a.org"), Name("A.ORG"), Name("b.org")};
  CHECK(names.size() == 2);
}

TEST_CASE("the canonical order is that of RFC 4034 §6.1") {
  const std::vector<Name> sorted = {
      Name("example"),           Name("a.example"),      Name("yljkjljk.a.example"),
      Name("Z.a.example"),       Name("zABC.a.EXAMPLE"), Name("z.example"),
      Name(R"(\001.z.example)"), Name("*.z.example"),    Name(R"(\200.z.example)")};
  CHECK(std::is_sorted(sorted.begin(), sorted.end()));
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    for (std::size_t k = 0; k < sorted.size(); ++k) {
      CHECK((sorted[i] < sorted[k]) == (i < k));
    }
  }
}

TEST_CASE("names know their labels, parents and children") {
  const Name name("www.example.org");
  CHECK(name.labels() == 3);
  CHECK(name.firstLabel() == "www");
  CHECK(name.parent() == Name("example.org"));
  CHECK(Name("org").parent().isRoot());
  CHECK(Name().parent().isRoot());
  CHECK(Name().firstLabel().empty());
  CHECK(*Name("org").child("exa.mple") == Name(R"(exa\.mple.org)"));
  CHECK_FALSE(name.child("").ok());
  CHECK_FALSE(name.child(std::string(64, 'a')).ok());
  CHECK_FALSE(Name(nameOfLabels(4, 62)).child("ab").ok());
  CHECK(Name("*.example.org").isWildcard());
  CHECK_FALSE(Name("**.example.org").isWildcard());
  CHECK(Name("WWW.Example.ORG").lowerCased().wire() == Name("www.example.org").wire());
}

TEST_CASE("a name is below itself and its ancestors, label by label") {
  CHECK(Name("www.example.org").isBelow(Name("EXAMPLE.org")));
  CHECK(Name("example.org").isBelow(Name("example.org")));
  CHECK(Name("example.org").isBelow(Name()));
  CHECK_FALSE(Name("badexample.org").isBelow(Name("example.org")));
  CHECK_FALSE(Name("org").isBelow(Name("example.org")));
  // The bytes of "\7example\3org\0" are in this label, but no label begins there.
  CHECK_FALSE(Name(R"(x\007example\003org)").isBelow(Name("example.org")));
}

TEST_CASE("DNAME's substitution replaces the ending, and may become too long") {
  const Name from("old.example");
  CHECK(*Name("a.b.old.example").replaceEnding(from, Name("new.test")) == Name("a.b.new.test"));
  CHECK(*from.replaceEnding(from, Name("new.test")) == Name("new.test"));
  const auto tooLong =
      Name(nameOfLabels(3, 60) + "old.example").replaceEnding(from, Name(nameOfLabels(2, 60)));
  CHECK_THAT(complaint(tooLong), Catch::Contains("255"));
}

TEST_CASE("an address has a name below in-addr.arpa or ip6.arpa") {
  CHECK(toText(*Name::reverse("192.0.2.7")) == "7.2.0.192.in-addr.arpa.");
  CHECK(toText(*Name::reverse("4321:0:1:2:3:4:567:89ab")) ==
        "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa.");
  CHECK_FALSE(Name::reverse("192.0.2").ok());
  CHECK_FALSE(Name::reverse("www.example.org").ok());
  CHECK_FALSE(Name::reverse("").ok());
}
