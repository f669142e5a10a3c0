// Zones: how they are made of records, what is refused, and finding names in them. RFC 1034 §3.6.2
// and §4.2, RFC 2181 §5, RFC 4592.
#include "ropewalk/servers/dns/zone/zone.h"

#include <ctime>
#include <map>
#include <set>
#include <string>

#include "ropewalk/protocols/dns/rdata.h"
#include "ropewalk/protocols/dns/records.h"
#include "tests/catch.h"
#include "tests/servers/dns/temporary_file.h"
#include "tests/servers/dns/zone_world.h"

using namespace ropewalk;
using namespace ropewalk::dns;
using namespace ropewalk::dns::trial;

namespace {

constexpr std::string_view kHead =
    "$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A 192.0.2.53\n";

std::string whyNot(std::string_view text) {
  const auto zone = Zone::parse(text, Name("example.test"));
  return zone ? "" : zone.failure().getErrorMessage();
}
std::string whyNotWith(std::string_view records) {
  return whyNot(std::string(kHead) + std::string(records));
}

/// So many addresses of one name.
std::string hugeSet(int size) {
  std::string records;
  for (int i = 0; i < size; ++i) {
    records += "huge A 10." + std::to_string(i / 65'536) + "." + std::to_string(i / 256 % 256) +
               "." + std::to_string(i % 256) + "\n";
  }
  return records;
}

Zone::Place find(const Zone& zone, std::string_view name) { return zone.find(Name(name).wire()); }

}  // namespace

TEST_CASE("a zone knows its top, its serial and how many records it has") {
  const auto zone = zoneWith(2026112101, "www A 192.0.2.1\n");
  CHECK(zone->apex() == Name("example.test"));
  CHECK(zone->serial() == 2026112101);
  CHECK(zone->recordCount() == 4);
  CHECK(zone->warnings().empty());
}

TEST_CASE("negative answers live for the lesser of the SOA's TTL and its MINIMUM") {
  CHECK(zoneOf("@ 300 SOA ns h 1 2 3 4 60\n@ 300 NS ns\n")->negativeTtl() == 60);
  CHECK(zoneOf("@ 30 SOA ns h 1 2 3 4 60\n@ 300 NS ns\n")->negativeTtl() == 30);
}

TEST_CASE("a zone has one SOA, at its top, and NS records there") {
  CHECK(whyNot("") == "zone: there is no record in it");
  CHECK(whyNot("@ 300 NS ns\n") == "zone: there is no SOA record in it");
  CHECK(whyNot("@ 300 SOA ns h 1 2 3 4 5\n")
            .ends_with("the zone example.test. has no NS record at its top"));
  CHECK(whyNotWith("@ SOA ns h 2 2 3 4 5\n")
            .ends_with("the zone example.test. has more than one SOA record"));
  CHECK(whyNotWith("www SOA ns h 2 2 3 4 5\n")
            .ends_with("www.example.test.: an SOA below the top of the zone"));
}

TEST_CASE("a huge set is built in no time, and its doubles are found") {
  std::string records = hugeSet(50'000);
  records += "huge A 10.0.0.7\nhuge A 10.0.195.79\n";  // the first ones, and the last one, again
  const std::clock_t begun = std::clock();             // of this process: others may be busy
  const auto zone = zoneWith(1, records);
  const RRset* huge = zone->find(find(*zone, "huge.example.test").node, Type::A);
  REQUIRE(huge != nullptr);
  CHECK(huge->count == 50'000);
  CHECK(zone->warnings().size() == 2);
  // Comparing each with each would be 1,250,000,000 comparisons: tens of seconds in this build.
  CHECK((std::clock() - begun) / CLOCKS_PER_SEC < 10);
}

TEST_CASE("doubles are found in sets of every size") {
  for (int size = 1; size < 40; ++size) {
    std::string records;
    for (int i = 0; i < size; ++i) records += "many A 10.0.0." + std::to_string(i) + "\n";
    const auto zone = zoneWith(1, records + records);
    const RRset* many = zone->find(find(*zone, "many.example.test").node, Type::A);
    REQUIRE(many != nullptr);
    CHECK(many->count == size);
    CHECK(zone->warnings().size() == static_cast<std::size_t>(size));
  }
}

TEST_CASE("of more records than a message can count the first 65,535 are kept") {
  const auto zone = zoneWith(1, hugeSet(65'540));
  CHECK(zone->find(find(*zone, "huge.example.test").node, Type::A)->count == 65'535);
  REQUIRE(zone->warnings().size() == 1);
  CHECK(zone->warnings()[0].ends_with("the rest is passed over"));
}

TEST_CASE("a CNAME stands alone, but for its signatures; there is one; and one DNAME") {
  CHECK(whyNotWith("www CNAME a\nwww A 192.0.2.1\n")
            .ends_with("www.example.test.: a CNAME beside a A record (RFC 1034 section 3.6.2)"));
  CHECK(whyNotWith("www CNAME a\nwww CNAME b\n")
            .ends_with("www.example.test.: more than one CNAME record"));
  CHECK(whyNotWith("www DNAME a\nwww DNAME b\n")
            .ends_with("www.example.test.: more than one DNAME record"));
  CHECK(whyNotWith("www CNAME a\nwww NSEC www CNAME NSEC\n").empty());
  CHECK(whyNotWith("www DNAME a\nwww A 192.0.2.1\n").empty());
}

TEST_CASE("only class IN and types of data are taken") {
  ZoneBuilder builder(Name("example.test"));
  Record record = makeRecord(Name("example.test"), A("192.0.2.1"));
  record.klass = Class::CH;
  CHECK(builder.add(record).failure().getErrorMessage() == "class CH is not served");
  record.klass = Class::IN;
  record.type = Type::AXFR;
  CHECK_FALSE(builder.add(record));
}

TEST_CASE("records in any order, and sets in pieces, make the same zone") {
  ZoneBuilder builder(Name("example.test"));
  const Name apex("example.test");
  const Name www("www.example.test");
  REQUIRE(builder.add(makeRecord(www, A("192.0.2.1"))));
  REQUIRE(builder.add(makeRecord(apex, NS(Name("ns.example.test")))));
  SOA soa;
  soa.serial = 9;
  REQUIRE(builder.add(makeRecord(apex, soa)));
  REQUIRE(builder.add(makeRecord(www, A("192.0.2.2"))));
  const auto zone = builder.build();
  REQUIRE(zone);
  CHECK((*zone)->serial() == 9);
  const auto place = find(**zone, "www.example.test");
  REQUIRE(place.exact);
  CHECK((*zone)->find(place.node, Type::A)->count == 2);
}

TEST_CASE("what is outside, twice, or of another TTL is passed over with a warning") {
  const auto zone = zoneWith(
      1, "www 60 A 192.0.2.1\nwww 90 A 192.0.2.2\nwww 60 A 192.0.2.1\nwww.other. A 192.0.2.3\n");
  CHECK(zone->warnings() == Lines{"www.other. A is outside of the zone, and passed over",
                                  "www.example.test. A: differing TTLs, 60 is used",
                                  "www.example.test. A: the same record twice"});
  const auto place = find(*zone, "www.example.test");
  const RRset* set = zone->find(place.node, Type::A);
  REQUIRE(set != nullptr);
  CHECK(set->count == 2);
  CHECK(set->ttl == 60);
}

TEST_CASE("names are found in any case; else their closest encloser is") {
  const auto zone = zoneWith(1, "a.b.c A 192.0.2.1\n");
  CHECK(find(*zone, "A.b.C.Example.TEST").exact);
  // b.c and c are there, though nothing is at them (empty non-terminals, RFC 4592 section 2.2.2).
  CHECK(find(*zone, "b.c.example.test").exact);
  CHECK(zone->sets(find(*zone, "c.example.test").node).empty());
  const auto place = find(*zone, "x.y.b.c.example.test");
  CHECK_FALSE(place.exact);
  CHECK(zone->names().name(place.node) == Name("b.c.example.test"));
  CHECK(place.at == 4);
}

TEST_CASE("what is below a delegation is cut off, at the topmost one") {
  const auto zone = zoneWith(
      1, "sub NS ns.sub\nns.sub A 192.0.2.1\ndeep.sub NS ns.deep.sub\nns.deep.sub A 192.0.2.2\n");
  const auto cutOf = [&](std::string_view name) {
    const auto cut = find(*zone, name).cut;
    return cut == NameTree::kNone ? std::string("none") : toText(zone->names().name(cut));
  };
  CHECK(cutOf("example.test") == "none");
  CHECK(cutOf("ns.example.test") == "none");
  CHECK(cutOf("sub.example.test") == "sub.example.test.");
  CHECK(cutOf("ns.sub.example.test") == "sub.example.test.");
  CHECK(cutOf("ns.deep.sub.example.test") == "sub.example.test.");
  CHECK(cutOf("nothing.sub.example.test") == "sub.example.test.");
}

TEST_CASE("beside a DNAME is no NS but at the top, and below it is nothing") {
  // RFC 6672 sections 2.3 and 2.4; Knot refuses both, too.
  CHECK(whyNotWith("old DNAME new\nold NS ns\n")
            .ends_with("old.example.test.: a DNAME beside an NS record (RFC 6672 section 2.3)"));
  CHECK(whyNotWith("old DNAME new\nx.y.old A 192.0.2.1\n")
            .ends_with("x.y.old.example.test.: a A record below the DNAME of old.example.test. "
                       "(RFC 6672 section 2.4)"));
  CHECK(whyNot("$TTL 60\n@ SOA ns.x. h 1 2 3 4 5\n@ NS ns.x.\n@ DNAME other.test.\n").empty());
  // What is below a delegation is not this zone's to judge.
  CHECK(whyNotWith("sub NS ns\nold.sub DNAME new\nx.old.sub A 192.0.2.1\n").empty());
  CHECK(whyNot("$TTL 60\n@ SOA ns.x. h 1 2 3 4 5\n@ NS ns.x.\n@ DNAME other.test.\n"
               "2T7B4G4VSA5SMI47K61MV5BV1A22BOJR NSEC3 1 0 0 - 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR\n")
            .empty());
}

TEST_CASE("the order of records means nothing: the SOA may come anywhere") {
  const std::string soa = "@ 60 SOA ns h 7 2 3 4 5\n";
  const std::string rest = "@ 60 NS ns\nns 60 A 192.0.2.1\n*.w 60 TXT x\n";
  const auto zone = zoneOf(rest + soa);
  CHECK(zone->serial() == 7);
  CHECK(zone->recordCount() == 4);
  CHECK(zone->warnings().empty());
  CHECK(find(*zone, "ns.example.test").exact);
  CHECK(find(*zone, "w.example.test").exact);
  const TemporaryFile file("$ORIGIN example.test.\n" + rest + "www.other. 60 A 192.0.2.2\n" + soa);
  const auto loaded = Zone::load(file.path());
  REQUIRE(loaded);
  CHECK((*loaded)->apex() == Name("example.test"));
  CHECK((*loaded)->recordCount() == 4);
  CHECK((*loaded)->warnings() == Lines{"www.other. A is outside of the zone, and passed over"});
  CHECK(whyNot("@ 60 CH TXT x\n" + soa) == "zone:1:13: class CH is not served");
}

TEST_CASE("each RRSIG has the TTL of the set it covers, and there is no warning about that") {
  const std::string signature = " 13 3 60 20300101000000 20200101000000 1 example.test. AQID\n";
  const auto zone =
      zoneWith(1, "t 60 A 192.0.2.2\nt 60 RRSIG A" + signature + "t 7200 TXT x\nt 7200 RRSIG TXT" +
                      signature + "u A 192.0.2.3\nu 9 RRSIG A" + signature);
  std::map<std::string, std::uint32_t> ttls;
  zone->forEach([&](const RecordView& record) {
    if (record.type != Type::RRSIG) return true;
    const std::string text = rdataToText(record.type, record.data);
    ttls[wire::nameToText(record.name) + " " + text.substr(0, text.find(' '))] = record.ttl;
    return true;
  });
  CHECK(ttls == std::map<std::string, std::uint32_t>{{"t.example.test. A", 60},
                                                     {"t.example.test. TXT", 7200},
                                                     {"u.example.test. A", 300}});
  CHECK(zone->warnings() ==
        Lines{"u.example.test. RRSIG A: its TTL is 9, 300 of what it covers is used"});
}

TEST_CASE("records that differ in the case of names are the same record") {
  const auto zone = zoneWith(1, "m MX 10 A.example.\nm MX 10 a.EXAMPLE.\nm TXT a\nm TXT A\n");
  const auto place = find(*zone, "m.example.test");
  CHECK(zone->find(place.node, Type::MX)->count == 1);
  CHECK(zone->find(place.node, Type::TXT)->count == 2);
  CHECK(zone->warnings() == Lines{"m.example.test. MX: the same record twice"});
}

TEST_CASE("a TTL past 31 bits counts as 0, with a warning") {
  const auto zone = zoneWith(1, "t 4294967295 A 192.0.2.1\n");
  CHECK(zone->find(find(*zone, "t.example.test").node, Type::A)->ttl == 0);
  CHECK(zone->warnings() ==
        Lines{"t.example.test. A: a TTL of 4294967295 counts as 0 (RFC 2181 section 8)"});
}

TEST_CASE("walking gives every record but the SOA once, also in pieces") {
  const auto zone = zoneWith(1, "www A 192.0.2.1\nwww A 192.0.2.2\nwww TXT x\na.b.c TXT y\n");
  std::multiset<std::string> once;
  zone->forEach([&](const RecordView& record) {
    once.insert(wire::nameToText(record.name) + " " + toText(record.type));
    return true;
  });
  CHECK(once == std::multiset<std::string>{"a.b.c.example.test. TXT", "example.test. NS",
                                           "ns.example.test. A", "www.example.test. A",
                                           "www.example.test. A", "www.example.test. TXT"});
  std::multiset<std::string> pieces;
  Zone::Position position;
  std::string name;
  RecordView record;
  while (zone->next(position, name, record)) {
    pieces.insert(wire::nameToText(record.name) + " " + toText(record.type));
  }
  CHECK(pieces == once);

  int count = 0;
  zone->forEach([&](const RecordView&) { return ++count < 2; });
  CHECK(count == 2);
}

TEST_CASE("a zone from a file: its name says what relative names are below") {
  const TemporaryFile file("$ORIGIN example.test.\n" + std::string(kHead));
  const auto zone = Zone::load(file.path());
  REQUIRE(zone);
  CHECK((*zone)->apex() == Name("example.test"));
  CHECK(Zone::load(file.path(), Name("other.test"))
            .failure()
            .getErrorMessage()
            .ends_with("the SOA is of example.test., not of other.test."));
}

TEST_CASE("the root can be a zone") {
  const auto zone =
      zoneOf("$TTL 300\n. SOA ns.nic. h.nic. 1 2 3 4 5\n. NS ns.nic.\ntest. NS ns.test.\n", ".");
  CHECK(zone->apex().isRoot());
  CHECK(find(*zone, "www.test").cut != NameTree::kNone);
  CHECK_FALSE(find(*zone, "example").exact);
}

TEST_CASE("without an origin from anywhere, relative names do not make a zone of the root") {
  const auto zone = Zone::parse("$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n");
  REQUIRE_FALSE(zone);
  CHECK_THAT(zone.failure().getErrorMessage(), Catch::StartsWith("zone:2:1: \"@\" is no domain"));
  const auto absolute = Zone::parse(
      "$TTL 60\na.test. SOA ns.a.test. h.a.test. 1 2 3 4 5\n NS ns.a.test.\n$ORIGIN a.test.\n"
      "ns A 192.0.2.1\n");
  CHECK(absolute.value()->apex() == Name("a.test"));
}

TEST_CASE("a name tree gives each name its number, and every name on the way to it") {
  NameTree tree(Name("test").wire());
  const auto deep = tree.insert(Name("a.b.test").wire());
  CHECK(tree.size() == 3);
  CHECK(tree.insert(Name("A.B.TEST").wire()) == deep);
  CHECK(tree.insert(Name("b.test").wire()) == tree.parent(deep));
  CHECK(tree.name(deep) == Name("a.b.test"));
  CHECK(tree.label(deep) == "a");
  const auto found = tree.find(Name("x.y.b.test").wire());
  CHECK(found.node == tree.parent(deep));
  CHECK(found.at == 4);
  CHECK(found.next == 2);
  CHECK(tree.find(Name("a.b.test").wire()).at == 0);
}

TEST_CASE("a name tree of many names finds all of them, and no others") {
  NameTree tree(Name("test").wire());
  std::map<NameTree::Node, std::string> nodes;
  for (int i = 0; i < 5000; ++i) {
    const Name name("n" + std::to_string(i) + ".d" + std::to_string(i % 70) + ".test");
    nodes[tree.insert(name.wire())] = name.wire();
  }
  CHECK(nodes.size() == 5000);
  tree.shrink();
  for (const auto& [node, wire] : nodes) {
    const auto found = tree.find(wire);
    if (found.node != node || found.at != 0) FAIL(wire::nameToText(wire));
  }
  CHECK(tree.find(Name("n1.d2.test").wire()).at != 0);
}
