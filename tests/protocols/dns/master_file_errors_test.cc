// Master files that are wrong: each complaint has the file, the line, the column, and what was
// expected. RFC 1035 §5.1.
#include <string>

#include "ropewalk/protocols/dns/errors.h"
#include "ropewalk/protocols/dns/master_file.h"
#include "tests/catch.h"
#include "tests/protocols/dns/bytes.h"

using namespace ropewalk;
using namespace ropewalk::dns;
using ropewalk::dns::testing::complaint;

namespace {

MasterFileOptions inExample() {
  MasterFileOptions options;
  options.origin = Name("example.");
  options.ttl = 60;
  options.file = "db";
  return options;
}

std::string why(std::string_view text, const MasterFileOptions& options = inExample()) {
  return complaint(parseMasterFile(text, options));
}

}  // namespace

TEST_CASE("a wrong field is found in its line and column") {
  CHECK(why("a MX ten mail") == R"(db:1:6: MX: "ten" is no number from 0 to 65535)");
  CHECK(why("a A 192.0.2.1\n\n\tMX  10 a..b\n") ==
        R"(db:3:9: MX: "a..b" is no domain name: it has an empty label)");
  CHECK(why("a SOA a b (\n 1 2\n 3 4x 5)") == R"(db:3:4: SOA: "4x" is no number of seconds)");
  CHECK(why("a TXT \"ok\" \"\\999\"").starts_with("db:1:12: TXT: "));
  CHECK(why("a A 192.0.2.1 more") == R"(db:1:15: A: "more" is more than the type has)");
  CHECK(why("a DS 1 8 2 ab c").starts_with("db:1:12: DS: "));
  CHECK(why("a A \\# 3 000000") ==
        "db:1:5: A: field 1: the IPv4 address is malformed or cut short");
}

TEST_CASE("what is missing is missed where the record ends") {
  CHECK(why("a MX 10\nb A 192.0.2.1") == "db:1:8: MX: a domain name is missing");
  CHECK(why("a MX 10 ; mail") == "db:1:15: MX: a domain name is missing");
  CHECK(why("a SOA ( a b\n 1 2\n)\n") == "db:3:2: SOA: a number of seconds is missing");
  CHECK(why("a") == "db:1:2: a type of record is missing");
  CHECK(why("a 300 IN\n") == "db:1:9: a type of record is missing");
  CHECK(why("a A") == "db:1:4: A: an IPv4 address is missing");
}

TEST_CASE("a word that is neither type, class nor TTL is no good before the data") {
  CHECK(why("a BOGUS x") == R"(db:1:3: "BOGUS" is no type, no class and no TTL)");
  CHECK(why("a 5 6 A 192.0.2.1") == R"(db:1:5: "6" is a second TTL)");
  CHECK(why("a IN CH A 192.0.2.1") == R"(db:1:6: "CH" is a second class)");
  CHECK(why("a 5z A 192.0.2.1") == R"(db:1:3: "5z" is no TTL from 0 to 4294967295)");
  CHECK(why("a 4294967296 A 192.0.2.1") ==
        R"(db:1:3: "4294967296" is no TTL from 0 to 4294967295)");
  CHECK(why("a 4294967295 A 192.0.2.1").empty());
  CHECK(why("a \"A\" 192.0.2.1") == R"(db:1:3: "A" is no type, no class and no TTL)");
  CHECK(why("a TYPE65536 \\# 0") == R"(db:1:3: "TYPE65536" is no type, no class and no TTL)");
}

TEST_CASE("types that no zone holds are refused") {
  for (const char* type : {"OPT", "TSIG", "AXFR", "IXFR", "ANY", "TYPE249"}) {
    INFO(type);
    CHECK_THAT(why("a " + std::string(type) + " \\# 0"),
               Catch::StartsWith("db:1:3: ") && Catch::Contains("no type that a zone"));
  }
}

TEST_CASE("classes that no zone has are refused") {
  CHECK(why("a NONE A 192.0.2.1") == "db:1:3: NONE is no class that a zone can have");
  CHECK(why("a CLASS255 A 192.0.2.1") == "db:1:3: ANY is no class that a zone can have");
}

TEST_CASE("names are checked where they stand") {
  CHECK(why(" A 192.0.2.1") == "db:1:2: the first record of a zone needs a name");
  CHECK(why("\n\na..b A 192.0.2.1") ==
        R"(db:3:1: "a..b" is no domain name: it has an empty label)");
  CHECK(why("\"a..b\" A 192.0.2.1") ==
        R"(db:1:1: "a..b" is no domain name: it has an empty label)");
  CHECK_THAT(why(std::string(64, 'a') + " A 192.0.2.1"),
             Catch::StartsWith("db:1:1: ") && Catch::Contains("longer than 63 bytes"));
}

TEST_CASE("a relative name before anything says to what is refused: it is not below the root") {
  auto options = inExample();
  options.origin.reset();
  const auto refused = [&](std::string_view text, std::string_view start) {
    CAPTURE(text);
    const std::string said = why(text, options);
    CHECK(said.starts_with(start));
    CHECK(said.find("it is relative, and nothing says to what") != std::string::npos);
  };
  refused("@ A 192.0.2.1", "db:1:1: \"@\"");
  refused("a.test. A 192.0.2.1\nwww A 192.0.2.1", "db:2:1: \"www\"");
  refused("a.test. NS ns", "db:1:12: NS: \"ns\"");
  refused("a.test. MX 10 @", "db:1:15: MX: \"@\"");
  refused("$ORIGIN test", "db:1:9: \"test\"");
  refused("$GENERATE 1-2 a$ A 192.0.2.1", "db:1:15: \"a1\"");
  CHECK(why(". NS a.test.\na.test. A 192.0.2.1\n$ORIGIN .\n@ NS b.test.\nc A 192.0.2.1", options)
            .empty());
}

TEST_CASE("quotes, parentheses and escapes must be closed") {
  CHECK(why("a TXT \"open\nb A 192.0.2.1") == "db:1:7: the quote is not closed in its line");
  CHECK(why("a TXT \"open") == "db:1:7: the quote is not closed in its line");
  CHECK(why("a TXT \"open\\") == "db:1:7: the quote is not closed in its line");
  CHECK(why("a TXT \"open\\\nx\"") == "db:1:7: the quote is not closed in its line");
  CHECK(why("x A 192.0.2.1\na SOA ((\n\n") == "db:2:7: the parenthesis is never closed");
  CHECK(why("a A 192.0.2.1 )") == "db:1:15: a parenthesis closes that was never opened");
  CHECK(why("a TXT x\\") == "db:1:8: an escape at the end of a line");
  CHECK(why("a TXT x\\\ny") == "db:1:8: an escape at the end of a line");
}

TEST_CASE("without a TTL from anywhere a record is refused") {
  auto options = inExample();
  options.ttl = std::nullopt;
  CHECK(why("a A 192.0.2.1", options) == "db:1:5: there is no TTL, and no $TTL before");
}

TEST_CASE("directives are checked") {
  CHECK(why("$BOGUS") ==
        R"(db:1:1: "$BOGUS" is no directive: there are $ORIGIN, $TTL, $INCLUDE and $GENERATE)");
  CHECK(why("$ORIGIN") == "db:1:8: $ORIGIN needs a domain name");
  CHECK(why("$ORIGIN a b") == R"(db:1:11: $ORIGIN takes only a domain name, not "b")");
  CHECK(why("$ORIGIN a..b") == R"(db:1:9: "a..b" is no domain name: it has an empty label)");
  CHECK(why("$TTL") == "db:1:5: $TTL needs a number of seconds");
  CHECK(why("$TTL soon") == R"(db:1:6: "soon" is no TTL from 0 to 4294967295)");
  CHECK(why("$TTL 1 2") == R"(db:1:8: $TTL takes only a number of seconds, not "2")");
}

TEST_CASE("$INCLUDE is refused without leave, and its errors have the name of the file inside") {
  CHECK(why("$INCLUDE x") == "db:1:10: $INCLUDE is not allowed here");
  auto options = inExample();
  options.include = [](const std::string& path) -> Result<std::string> {
    if (path == "bad") return std::string("\na A nowhere\n");
    if (path == "again") return std::string("$INCLUDE again\n");
    return Failure(FormatError("cannot open " + path + ": no such file"));
  };
  CHECK(why("$INCLUDE", options) == "db:1:9: $INCLUDE needs a file and an origin");
  CHECK(why("$INCLUDE a b c", options) ==
        R"(db:1:14: $INCLUDE takes only a file and an origin, not "c")");
  CHECK_THAT(why("$INCLUDE a\\000b", options), Catch::Contains("no path: it has a zero byte"));
  CHECK_THAT(why("$INCLUDE a\\300b", options), Catch::Contains("no path: an escape"));
  CHECK(why("\n$INCLUDE none", options) == "db:2:10: cannot open none: no such file");
  CHECK(why("$INCLUDE bad", options) == R"(bad:2:5: A: "nowhere" is no IPv4 address)");
  CHECK(why("$INCLUDE bad a..b", options).starts_with("db:1:14: \"a..b\" is no domain name"));
  CHECK(why("$INCLUDE again", options) == "again:1:10: files include each other more than 8 deep");
  options.maxIncludeDepth = 0;
  CHECK(why("$INCLUDE again", options) == "db:1:10: files include each other more than 0 deep");
}

TEST_CASE("$GENERATE is checked") {
  for (const char* range : {"1", "1-", "-1", "2-1", "1-2/0", "1-2/", "a-b", "1-2-3", "1/2-3",
                            "0-2147483648", "\"1-2"}) {
    INFO(range);
    const std::string text = "$GENERATE " + std::string(range) + " a A 192.0.2.1";
    CHECK_THAT(why(text), Catch::StartsWith("db:1:11: "));
  }
  CHECK(why("$GENERATE 1-2").starts_with("db:1:14: $GENERATE needs a range"));
  CHECK(why("$GENERATE 1-2 a") == "db:1:16: a type of record is missing");
  CHECK(why("$GENERATE 1-2 a A") == "db:1:18: A: an IPv4 address is missing");
  CHECK(why("$GENERATE 1-2 a MX 10 \"m\"").starts_with("db:1:23: MX: \"m\" is no domain name"));
  CHECK(why("$GENERATE 255-256 a A 192.0.2.$") ==
        R"(db:1:23: A: "192.0.2.256" is no IPv4 address)");
  CHECK(why("$GENERATE 1-1 a$..b A 192.0.2.1") ==
        R"(db:1:15: "a1..b" is no domain name: it has an empty label)");
  CHECK(why("$GENERATE 1-1 a MX \"x mail\"") == R"(db:1:20: MX: "x" is no number from 0 to 65535)");
  CHECK_THAT(why("$GENERATE 1-1 a${ A 192.0.2.1"), Catch::Contains("brace is not closed"));
  CHECK_THAT(why("$GENERATE 1-1 a${x} A 192.0.2.1"), Catch::Contains("offset,width,base"));
  CHECK_THAT(why("$GENERATE 1-1 a${0,1,q} A 192.0.2.1"), Catch::Contains("offset,width,base"));
  CHECK_THAT(why("$GENERATE 1-1 a${0,256} A 192.0.2.1"), Catch::Contains("offset,width,base"));
  CHECK_THAT(why("$GENERATE 1-1 a A 192.0.2.${-2}"),
             Catch::StartsWith("db:1:19: ") && Catch::Contains("below zero"));
}

TEST_CASE("one $GENERATE makes no more records than allowed") {
  auto options = inExample();
  options.maxGenerated = 10;
  CHECK(why("$GENERATE 1-10 a$ A 192.0.2.1", options).empty());
  CHECK(why("$GENERATE 1-11 a$ A 192.0.2.1", options) ==
        "db:1:11: 11 records are more than the 10 allowed");
  CHECK(why("$GENERATE 0-2147483647 a$ A 192.0.2.1").starts_with("db:1:11: 2147483648 records"));
}

TEST_CASE("a zone cut off at any byte is an error with a place, or a shorter zone") {
  const std::string zone =
      "$ORIGIN example.\n$TTL 1h\n@ IN SOA ns host ( 1 2 3\n 4 5 )\n\tNS ns\nns A 192.0.2.1\n"
      "t TXT \"a \\\" b\" c\\032d\n$GENERATE 1-2 g$ CNAME h${0,2,x}\n";
  const auto whole = parseMasterFile(zone, inExample());
  REQUIRE(whole.ok());
  for (std::size_t size = 0; size < zone.size(); ++size) {
    INFO("the first " << size << " bytes");
    const auto cut = parseMasterFile(std::string_view(zone).substr(0, size), inExample());
    if (cut) {
      CHECK(cut->size() <= whole->size());
    } else {
      CHECK_THAT(complaint(cut), Catch::StartsWith("db:"));
    }
  }
}
