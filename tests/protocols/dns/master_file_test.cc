// Master files: what they may contain. RFC 1035 §5, RFC 2308 §4, RFC 3597 §5; $GENERATE as BIND's
// manual describes it.
#include "ropewalk/protocols/dns/master_file.h"

#include <map>
#include <string>
#include <vector>

#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/dns/errors.h"
#include "tests/catch.h"
#include "tests/protocols/dns/bytes.h"

using namespace ropewalk;
using namespace ropewalk::dns;
using ropewalk::dns::testing::complaint;

namespace {

using Lines = std::vector<std::string>;

MasterFileOptions inExample() {
  MasterFileOptions options;
  options.origin = Name("example.");
  options.ttl = 60;
  return options;
}

/// "name ttl class type data" of each record, or the complaint.
Lines lines(std::string_view text, const MasterFileOptions& options = inExample()) {
  const auto records = parseMasterFile(text, options);
  if (!records) return {complaint(records)};
  Lines found;
  for (const Record& record : *records) {
    std::string line = toText(record);
    for (char& c : line) c = c == '\t' ? ' ' : c;
    found.push_back(line);
  }
  return found;
}

/// Files that $INCLUDE finds.
MasterFileOptions withFiles(std::map<std::string, std::string> files) {
  auto options = inExample();
  options.include = [files = std::move(files)](const std::string& path) -> Result<std::string> {
    const auto found = files.find(path);
    if (found == files.end()) return Failure(FormatError("cannot open " + path));
    return found->second;
  };
  return options;
}

}  // namespace

TEST_CASE("the example of RFC 1035 §5.3 is read as it says there") {
  auto options = withFiles({{"<SUBSYS>ISI-MAILBOXES.TXT",
                             "MOE     MB      A.ISI.EDU.\n"
                             "LARRY   MB      A.ISI.EDU.\n"}});
  options.origin = Name("ISI.EDU");
  options.ttl = std::nullopt;
  const std::string zone =
      "@   IN  SOA     VENERA      Action\\.domains (\n"
      "                                 20     ; SERIAL\n"
      "                                 7200   ; REFRESH\n"
      "                                 600    ; RETRY\n"
      "                                 3600000; EXPIRE\n"
      "                                 60)    ; MINIMUM\n"
      "\n"
      "        NS      A.ISI.EDU.\n"
      "        NS      VENERA\n"
      "        NS      VAXA\n"
      "        MX      10      VENERA\n"
      "        MX      20      VAXA\n"
      "\n"
      "A       A       26.3.0.103\n"
      "\n"
      "VENERA  A       10.1.0.52\n"
      "        A       128.9.0.32\n"
      "\n"
      "$INCLUDE <SUBSYS>ISI-MAILBOXES.TXT\n";
  CHECK(
      lines(zone, options) ==
      Lines{R"(ISI.EDU. 60 IN SOA VENERA.ISI.EDU. Action\.domains.ISI.EDU. 20 7200 600 3600000 60)",
            "ISI.EDU. 60 IN NS A.ISI.EDU.", "ISI.EDU. 60 IN NS VENERA.ISI.EDU.",
            "ISI.EDU. 60 IN NS VAXA.ISI.EDU.", "ISI.EDU. 60 IN MX 10 VENERA.ISI.EDU.",
            "ISI.EDU. 60 IN MX 20 VAXA.ISI.EDU.", "A.ISI.EDU. 60 IN A 26.3.0.103",
            "VENERA.ISI.EDU. 60 IN A 10.1.0.52", "VENERA.ISI.EDU. 60 IN A 128.9.0.32",
            "MOE.ISI.EDU. 60 IN MB A.ISI.EDU.", "LARRY.ISI.EDU. 60 IN MB A.ISI.EDU."});
}

TEST_CASE("TTL and class stand in either order, or not at all, in letters of either case") {
  const Lines same = {"a.example. 300 IN A 192.0.2.1"};
  for (const char* text : {"a 300 IN A 192.0.2.1", "a IN 300 A 192.0.2.1", "a 5m in a 192.0.2.1",
                           "A.Example. IN 300s A 192.0.2.1", "a 300 CLASS1 TYPE1 192.0.2.1",
                           "a 300 IN A \\# 4 c0000201"}) {
    INFO(text);
    const auto found = lines(text);
    REQUIRE(found.size() == 1);
    CHECK(lowerCase(found[0]) == lowerCase(same[0]));
  }
  CHECK(lines("a A 192.0.2.1") == Lines{"a.example. 60 IN A 192.0.2.1"});
  CHECK(lines("a CH TXT x\n  TXT y") ==
        Lines{"a.example. 60 CH TXT \"x\"", "a.example. 60 CH TXT \"y\""});
}

TEST_CASE("names that look like types, classes and TTLs are names where names stand") {
  CHECK(lines("A A 192.0.2.1\nIN IN A 192.0.2.2\n300 300 A 192.0.2.3\nMX MX 1 MX") ==
        Lines{"A.example. 60 IN A 192.0.2.1", "IN.example. 60 IN A 192.0.2.2",
              "300.example. 300 IN A 192.0.2.3", "MX.example. 60 IN MX 1 MX.example."});
}

TEST_CASE("the case of names is kept as it was written") {
  const auto records = parseMasterFile("WwW CNAME HoSt\n", inExample());
  REQUIRE(records.ok());
  CHECK(toText((*records)[0].name) == "WwW.example.");
  CHECK((*records)[0].data == Name("HoSt.example").wire());
}

TEST_CASE("lines may end in CRLF, the last one in nothing, and be empty or only a comment") {
  const Lines expected = {"a.example. 60 IN A 192.0.2.1", "a.example. 60 IN A 192.0.2.2"};
  CHECK(lines("a A 192.0.2.1\r\n\r\n \t\r\n; c\r\n\tA 192.0.2.2") == expected);
  CHECK(lines("\n\n;x\na A 192.0.2.1;y\n   ;z\n A 192.0.2.2;") == expected);
  CHECK(lines("").empty());
  CHECK(lines("; nothing").empty());
  CHECK(lines("\r\n").empty());
}

TEST_CASE("parentheses join lines, anywhere and nested") {
  CHECK(lines("a (A\n192.0.2.1\n)\n") == Lines{"a.example. 60 IN A 192.0.2.1"});
  CHECK(lines("a MX(10(mail) ; )\n)\nb A 192.0.2.2") ==
        Lines{"a.example. 60 IN MX 10 mail.example.", "b.example. 60 IN A 192.0.2.2"});
  CHECK(lines("a TXT (\"(\" \\( \";\" ; (\n)") == Lines{R"x(a.example. 60 IN TXT "(" "(" ";")x"});
}

TEST_CASE("$TTL beats the option, a record's own TTL beats both") {
  CHECK(lines("a A 192.0.2.1\n$TTL 1h\n  A 192.0.2.2\n 5 A 192.0.2.3\n A 192.0.2.4") ==
        Lines{"a.example. 60 IN A 192.0.2.1", "a.example. 3600 IN A 192.0.2.2",
              "a.example. 5 IN A 192.0.2.3", "a.example. 3600 IN A 192.0.2.4"});
}

TEST_CASE("without any $TTL the last TTL stated goes on, else the SOA's minimum") {
  auto options = inExample();
  options.ttl = std::nullopt;
  CHECK(lines("a 5 A 192.0.2.1\n A 192.0.2.2", options) ==
        Lines{"a.example. 5 IN A 192.0.2.1", "a.example. 5 IN A 192.0.2.2"});
  CHECK(lines("@ SOA a b 1 2 3 4 5\n A 192.0.2.1\n 7 A 192.0.2.2\n A 192.0.2.3", options) ==
        Lines{"example. 5 IN SOA a.example. b.example. 1 2 3 4 5", "example. 5 IN A 192.0.2.1",
              "example. 7 IN A 192.0.2.2", "example. 5 IN A 192.0.2.3"});
}

TEST_CASE("$ORIGIN is relative to the one before") {
  CHECK(lines("$ORIGIN sub\na A 192.0.2.1\n$origin other.test.\n@ A 192.0.2.2\n$ORIGIN x ; y\na NS "
              "@") == Lines{"a.sub.example. 60 IN A 192.0.2.1", "other.test. 60 IN A 192.0.2.2",
                            "a.x.other.test. 60 IN NS x.other.test."});
}

TEST_CASE("a blank stands for the name before, whatever the origin is meanwhile") {
  CHECK(lines("a A 192.0.2.1\n$ORIGIN sub\n  A 192.0.2.2") ==
        Lines{"a.example. 60 IN A 192.0.2.1", "a.example. 60 IN A 192.0.2.2"});
}

TEST_CASE("$INCLUDE reads another file, with its own origin, and puts origin and name back") {
  const auto options = withFiles({{"one", "a A 192.0.2.1\n$ORIGIN deep\nb A 192.0.2.2\n"},
                                  {"two words", "$TTL 9\n@ A 192.0.2.3"}});
  CHECK(lines("x A 192.0.2.9\n$INCLUDE one sub\n  A 192.0.2.8\n$INCLUDE \"two words\" other.\n"
              "y A 192.0.2.7\n$include two\\032words",
              options) == Lines{"x.example. 60 IN A 192.0.2.9", "a.sub.example. 60 IN A 192.0.2.1",
                                "b.deep.sub.example. 60 IN A 192.0.2.2",
                                "x.example. 60 IN A 192.0.2.8", "other. 9 IN A 192.0.2.3",
                                "y.example. 9 IN A 192.0.2.7", "example. 9 IN A 192.0.2.3"});
}

TEST_CASE("$GENERATE makes a row of records") {
  CHECK(lines("$GENERATE 1-3 host$ A 192.0.2.$") == Lines{"host1.example. 60 IN A 192.0.2.1",
                                                          "host2.example. 60 IN A 192.0.2.2",
                                                          "host3.example. 60 IN A 192.0.2.3"});
  CHECK(lines("$GENERATE 0-9/5 $ 300 IN CNAME $.0") ==
        Lines{"0.example. 300 IN CNAME 0.0.example.", "5.example. 300 IN CNAME 5.0.example."});
  CHECK(lines("$GENERATE 7-7 @ CH 8 NS ns$.test.") == Lines{"example. 8 CH NS ns7.test."});
}

TEST_CASE("$GENERATE counts with an offset, a width and a base") {
  const auto owner = [](std::string_view name, std::string_view range) {
    const auto found =
        lines("$GENERATE " + std::string(range) + " " + std::string(name) + " A 192.0.2.1");
    return found[0].substr(0, found[0].find(' '));
  };
  CHECK(owner("h${0}", "8-8") == "h8.example.");
  CHECK(owner("h${-3}", "8-8") == "h5.example.");
  CHECK(owner("h${20,3}", "8-8") == "h028.example.");
  CHECK(owner("h${0,3,d}", "1234-1234") == "h1234.example.");
  CHECK(owner("h${0,4,o}", "8-8") == "h0010.example.");
  CHECK(owner("h${0,4,x}", "171-171") == "h00ab.example.");
  CHECK(owner("h${0,1,X}", "171-171") == "hAB.example.");
  CHECK(owner("${0,0,n}", "171-171") == "b.a.example.");
  CHECK(owner("${0,7,n}", "171-171") == "b.a.0.0.example.");
  CHECK(owner("${0,0,N}", "4011-4011") == "B.A.F.example.");
  CHECK(owner("a${1}b${2}", "1-1") == "a2b3.example.");
  CHECK(owner("$$$", "5-5") == R"(\$5.example.)");
  CHECK(owner(R"(\$-$)", "5-5") == R"(\$-5.example.)");
}

TEST_CASE("$GENERATE keeps strings whole, and takes data with blanks in quotes") {
  CHECK(lines(R"($GENERATE 1-1 a TXT "number $ of" $ "\$")") ==
        Lines{R"(a.example. 60 IN TXT "number 1 of" "1" "$")"});
  CHECK(lines(R"($GENERATE 1-1 a MX "$0 mail$")") ==
        Lines{"a.example. 60 IN MX 10 mail1.example."});
  CHECK(lines("$GENERATE 1-1 a MX $0 mail$") == Lines{"a.example. 60 IN MX 10 mail1.example."});
}

TEST_CASE("a blank behind $GENERATE stands for the name before it") {
  CHECK(lines("a A 192.0.2.1\n$GENERATE 1-1 b A 192.0.2.2\n A 192.0.2.3").back() ==
        "a.example. 60 IN A 192.0.2.3");
}

TEST_CASE("records are handed on one by one, and a failure ends the reading") {
  std::vector<std::string> seen;
  const auto read = readMasterFile("a A 192.0.2.1\n\n  b? no\n", inExample(),
                                   [&seen](const RecordView& record) -> Result<void> {
                                     seen.push_back(wire::nameToText(record.name));
                                     return Failure(FormatError("the zone is full"));
                                   });
  CHECK(seen == std::vector<std::string>{"a.example."});
  CHECK(complaint(read) == "zone:1:5: the zone is full");
}

TEST_CASE("what the reader prints it reads again") {
  const std::string zone =
      "@ SOA ns hostmaster 1 1h 15m 1w 300\n NS ns\nns A 192.0.2.1\n AAAA 2001:db8::1\n"
      "odd\\.name\\@ TXT \"semi;colon\" \"\\\"quoted\\\"\" \\000\n_sip._tcp SRV 0 5 5060 @\n";
  const auto once = lines(zone);
  std::string printed;
  for (const auto& line : once) printed += line + "\n";
  MasterFileOptions nowhere;
  CHECK(lines(printed, nowhere) == once);
  CHECK(once.size() == 6);
}

TEST_CASE("an owner may stand in quotes") {
  CHECK(
      lines("\"a\" A 192.0.2.1\n\"b c\" A 192.0.2.2\n\"@\" A 192.0.2.3\n\"$TTL\" A 192.0.2.4\n") ==
      Lines{"a.example. 60 IN A 192.0.2.1", "b\\032c.example. 60 IN A 192.0.2.2",
            "example. 60 IN A 192.0.2.3", "\\$TTL.example. 60 IN A 192.0.2.4"});
}

TEST_CASE("a TTL has 32 bits, and one with the highest of them counts as 0") {
  // RFC 2181 section 8; named-checkzone reads it so.
  CHECK(
      lines(
          "a 2147483647 A 192.0.2.1\nb 2147483648 A 192.0.2.2\n$TTL 4294967295\nc A 192.0.2.3\n") ==
      Lines{"a.example. 2147483647 IN A 192.0.2.1", "b.example. 0 IN A 192.0.2.2",
            "c.example. 0 IN A 192.0.2.3"});
}
