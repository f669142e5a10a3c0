// Answers from zones. RFC 1034 §4.3.2, RFC 2308, RFC 4592, RFC 6672, RFC 8482, RFC 4035 §3.1.4.1.
#include "ropewalk/servers/dns/responders/authority.h"

#include <string>

#include "tests/catch.h"
#include "tests/servers/dns/zone_world.h"

using namespace ropewalk;
using namespace ropewalk::dns;
using namespace ropewalk::dns::trial;

namespace {

const std::string kNegative =
    "example.test. 60 SOA ns.example.test. hostmaster.example.test. 1 3600 600 86400 60";

constexpr std::string_view kRecords = R"(
www        A     192.0.2.1
www        A     192.0.2.2
www        AAAA  2001:db8::1
www        TXT   "text"
@          MX    10 mail
@          MX    20 elsewhere.invalid.
mail       A     192.0.2.25
_sip._udp  SRV   1 2 5060 mail
a.ent      TXT   "below"
alias      CNAME www
chain      CNAME alias
dangling   CNAME nowhere
outside    CNAME www.other.test.
todeleg    CNAME x.sub
loop1      CNAME loop2
loop2      CNAME loop1
*.wild     A     192.0.2.7
*.wild     MX    5 mail
a.b.wild   TXT   "blocks"
*.cw       CNAME www
sub        NS    ns.sub
sub        NS    ns.elsewhere.invalid.
sub        DS    1 8 2 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
ns.sub     A     192.0.2.54
ns.sub     AAAA  2001:db8::54
old        DNAME new
old        TXT   "at the DNAME"
www.new    A     192.0.2.9
)";

std::shared_ptr<Authority> authorityOf(std::string_view records = kRecords) {
  auto authority = std::make_shared<Authority>();
  authority->put(zoneWith(1, records));
  return authority;
}

Answer asked(std::string_view name, Type type, Carrier carrier = Carrier::udp) {
  return ask(*authorityOf(), name, type, carrier);
}

void checkNegative(const Answer& answer, Rcode rcode) {
  CHECK(answer.message.rcode == rcode);
  CHECK(answer.message.authoritative);
  CHECK(answer.message.answers.empty());
  CHECK(lines(answer.message.authority) == Lines{kNegative});
}

}  // namespace

TEST_CASE("the set of a name and type is answered, with authority, and nothing around it") {
  const auto answer = asked("www.example.test", Type::A);
  CHECK(answer.verdict == Verdict::answered);
  CHECK(answer.message.authoritative);
  CHECK(answer.message.rcode == Rcode::NOERROR);
  CHECK(lines(answer.message.answers) ==
        Lines{"www.example.test. 300 A 192.0.2.1", "www.example.test. 300 A 192.0.2.2"});
  CHECK(answer.message.authority.empty());
  CHECK(answer.message.additional.empty());
}

TEST_CASE("an answer's owner has the letters of the question") {
  const auto answer = asked("wWw.eXample.TEST", Type::TXT);
  REQUIRE(answer.message.answers.size() == 1);
  CHECK(toText(answer.message.answers[0].name) == "wWw.eXample.TEST.");
}

TEST_CASE("questions outside of all zones, of other classes, and for transfers are passed on") {
  CHECK(asked("example.invalid", Type::A).verdict == Verdict::pass);
  CHECK(asked("test", Type::A).verdict == Verdict::pass);
  CHECK(asked("notexample.test", Type::A).verdict == Verdict::pass);
  CHECK(asked("example.test", Type::AXFR).verdict == Verdict::pass);
  CHECK(asked("example.test", Type::IXFR).verdict == Verdict::pass);
  Message chaos = Asked::questionFor("www.example.test", Type::A);
  chaos.questions[0].klass = Class::CH;
  CHECK(ask(*authorityOf(), Asked(chaos)).verdict == Verdict::pass);
  Authority empty;
  CHECK(ask(empty, "www.example.test", Type::A).verdict == Verdict::pass);
}

TEST_CASE("NODATA and NXDOMAIN carry the SOA, with the TTL of negative answers (RFC 2308)") {
  checkNegative(asked("www.example.test", Type::MX), Rcode::NOERROR);
  checkNegative(asked("nothing.example.test", Type::A), Rcode::NXDOMAIN);
  checkNegative(asked("a.b.c.nothing.example.test", Type::A), Rcode::NXDOMAIN);
}

TEST_CASE("a name that only has names below it exists (RFC 4592 section 2.2.2)") {
  checkNegative(asked("ent.example.test", Type::A), Rcode::NOERROR);
  checkNegative(asked("_udp.example.test", Type::SRV), Rcode::NOERROR);
}

TEST_CASE("a negative answer's SOA has its own TTL where that is the lesser one") {
  Authority authority;
  authority.put(zoneOf("@ 30 SOA ns h 1 2 3 4 60\n@ 300 NS ns\n"));
  const auto answer = ask(authority, "x.example.test", Type::A);
  REQUIRE(answer.message.authority.size() == 1);
  CHECK(answer.message.authority[0].ttl == 30);
}

TEST_CASE("the addresses of exchanges, services and name servers are added") {
  const auto mail = asked("example.test", Type::MX);
  CHECK(mail.message.answers.size() == 2);
  CHECK(lines(mail.message.additional) == Lines{"mail.example.test. 300 A 192.0.2.25"});
  CHECK(lines(asked("_sip._udp.example.test", Type::SRV).message.additional) ==
        Lines{"mail.example.test. 300 A 192.0.2.25"});
  CHECK(lines(asked("example.test", Type::NS).message.additional) ==
        Lines{"ns.example.test. 300 A 192.0.2.53"});
}

TEST_CASE("a CNAME is followed within the zone") {
  const auto answer = asked("chain.example.test", Type::TXT);
  CHECK(answer.message.rcode == Rcode::NOERROR);
  REQUIRE(answer.message.answers.size() == 3);
  CHECK(toText(answer.message.answers[0].name) == "chain.example.test.");
  CHECK(toText(answer.message.answers[1].name) == "alias.example.test.");
  CHECK(answer.message.answers[2].type == Type::TXT);
}

TEST_CASE("who asks for the CNAME itself gets no more than it") {
  CHECK(lines(asked("chain.example.test", Type::CNAME).message.answers) ==
        Lines{"chain.example.test. 300 CNAME alias.example.test."});
}

TEST_CASE("a chain's end: no data, no name, out of the zone, below a delegation") {
  const auto noData = asked("alias.example.test", Type::MX);
  CHECK(noData.message.rcode == Rcode::NOERROR);
  CHECK(noData.message.answers.size() == 1);
  CHECK(lines(noData.message.authority) == Lines{kNegative});

  // RFC 6604 section 3: the rcode is that of the last name.
  const auto noName = asked("dangling.example.test", Type::A);
  CHECK(noName.message.rcode == Rcode::NXDOMAIN);
  CHECK(noName.message.answers.size() == 1);
  CHECK(lines(noName.message.authority) == Lines{kNegative});

  const auto outside = asked("outside.example.test", Type::A);
  CHECK(outside.message.rcode == Rcode::NOERROR);
  CHECK(outside.message.answers.size() == 1);
  CHECK(outside.message.authority.empty());

  const auto delegated = asked("todeleg.example.test", Type::A);
  CHECK(delegated.message.rcode == Rcode::NOERROR);
  CHECK(delegated.message.authoritative);
  CHECK(delegated.message.answers.size() == 1);
  CHECK(delegated.message.authority.size() == 2);
}

TEST_CASE("a loop of CNAMEs ends") {
  const auto answer = asked("loop1.example.test", Type::A);
  CHECK(answer.verdict == Verdict::answered);
  CHECK(answer.message.answers.size() <= 20);
  CHECK(answer.message.answers.size() >= 2);
}

TEST_CASE("below a delegation is a referral: NS and glue, without authority") {
  for (const auto* name : {"sub.example.test", "www.sub.example.test", "ns.sub.example.test"}) {
    CAPTURE(name);
    const auto answer = asked(name, Type::A);
    CHECK(answer.message.rcode == Rcode::NOERROR);
    CHECK_FALSE(answer.message.authoritative);
    CHECK(answer.message.answers.empty());
    CHECK(lines(answer.message.authority) ==
          Lines{"sub.example.test. 300 NS ns.elsewhere.invalid.",
                "sub.example.test. 300 NS ns.sub.example.test."});
    CHECK(lines(answer.message.additional) == Lines{"ns.sub.example.test. 300 A 192.0.2.54",
                                                    "ns.sub.example.test. 300 AAAA 2001:db8::54"});
  }
}

TEST_CASE("a referral shows the DS to those who want signatures") {
  Message question = Asked::questionFor("www.sub.example.test", Type::A);
  question.edns.emplace().dnssecOk = true;
  const auto answer = ask(*authorityOf(), Asked(question));
  CHECK(answer.message.authority.size() == 3);
  CHECK(answer.message.authority[2].type == Type::DS);
}

TEST_CASE("the DS at a cut is the parent's") {
  const auto answer = asked("sub.example.test", Type::DS);
  CHECK(answer.message.authoritative);
  REQUIRE(answer.message.answers.size() == 1);
  CHECK(answer.message.answers[0].type == Type::DS);
  CHECK_FALSE(asked("x.sub.example.test", Type::DS).message.authoritative);
}

TEST_CASE("with parent and child here, DS is the parent's and all else the child's") {
  const auto authority = authorityOf();
  authority->put(
      zoneOf("$TTL 300\n@ SOA ns h 5 2 3 4 5\n@ NS ns\nns A 192.0.2.54\n", "sub.example.test"));
  CHECK(ask(*authority, "sub.example.test", Type::DS).message.answers.size() == 1);
  const auto soa = ask(*authority, "sub.example.test", Type::SOA);
  CHECK(soa.message.authoritative);
  CHECK(soa.message.answers.size() == 1);
  CHECK(ask(*authority, "x.sub.example.test", Type::A).message.rcode == Rcode::NXDOMAIN);
  // The child alone answers for its own top, as far as it can.
  Authority alone;
  alone.put(zoneOf("$TTL 300\n@ SOA ns h 5 2 3 4 5\n@ NS ns\n", "sub.example.test"));
  const auto noDs = ask(alone, "sub.example.test", Type::DS);
  CHECK(noDs.message.rcode == Rcode::NOERROR);
  CHECK(noDs.message.answers.empty());
}

TEST_CASE("a wildcard answers for names that are not there, with the name that was asked") {
  CHECK(lines(asked("x.wild.example.test", Type::A).message.answers) ==
        Lines{"x.wild.example.test. 300 A 192.0.2.7"});
  CHECK(lines(asked("x.y.z.wild.example.test", Type::A).message.answers) ==
        Lines{"x.y.z.wild.example.test. 300 A 192.0.2.7"});
  checkNegative(asked("x.wild.example.test", Type::TXT), Rcode::NOERROR);
  checkNegative(asked("wild.example.test", Type::A), Rcode::NOERROR);
  // The wildcard itself can be asked for.
  CHECK(lines(asked("*.wild.example.test", Type::A).message.answers) ==
        Lines{"*.wild.example.test. 300 A 192.0.2.7"});
}

TEST_CASE("names that are there are not the wildcard's, nor what is below them") {
  checkNegative(asked("b.wild.example.test", Type::A), Rcode::NOERROR);
  checkNegative(asked("a.b.wild.example.test", Type::A), Rcode::NOERROR);
  checkNegative(asked("x.b.wild.example.test", Type::A), Rcode::NXDOMAIN);
}

TEST_CASE("a wildcard's MX gets its addresses, a wildcard's CNAME is followed") {
  CHECK(lines(asked("x.wild.example.test", Type::MX).message.additional) ==
        Lines{"mail.example.test. 300 A 192.0.2.25"});
  CHECK(lines(asked("x.cw.example.test", Type::TXT).message.answers) ==
        Lines{"www.example.test. 300 TXT \"text\"",
              "x.cw.example.test. 300 CNAME www.example.test."});
}

TEST_CASE("the example of RFC 4592 section 2.2.1") {
  Authority authority;
  authority.put(zoneOf(R"($ORIGIN example.
$TTL 3600
example.                 SOA   ns.example.com. hostmaster.example.com. 1 2 3 4 5
example.                 NS    ns.example.com.
example.                 NS    ns.example.net.
*.example.               TXT   "this is a wildcard"
*.example.               MX    10 host1.example.
sub.*.example.           TXT   "this is not a wildcard"
host1.example.           A     192.0.2.1
_ssh._tcp.host1.example. SRV   0 0 22 host1.example.
_ssh._tcp.host2.example. SRV   0 0 22 host1.example.
subdel.example.          NS    ns.example.com.
subdel.example.          NS    ns.example.net.
)",
                       "example"));
  const auto of = [&](std::string_view name, Type type) { return ask(authority, name, type); };
  // "The following responses would be synthesized from one of the wildcards in the zone."
  CHECK(lines(of("host3.example", Type::MX).message.answers) ==
        Lines{"host3.example. 3600 MX 10 host1.example."});
  const auto noA = of("host3.example", Type::A);
  CHECK(noA.message.rcode == Rcode::NOERROR);
  CHECK(noA.message.answers.empty());
  CHECK(lines(of("foo.bar.example", Type::TXT).message.answers) ==
        Lines{"foo.bar.example. 3600 TXT \"this is a wildcard\""});
  // "The following responses would not be synthesized from any of the wildcards in the zone."
  const auto noMx = of("host1.example", Type::MX);
  CHECK(noMx.message.rcode == Rcode::NOERROR);
  CHECK(noMx.message.answers.empty());
  const auto star = of("sub.*.example", Type::MX);
  CHECK(star.message.rcode == Rcode::NOERROR);
  CHECK(star.message.answers.empty());
  CHECK(of("_telnet._tcp.host1.example", Type::SRV).message.rcode == Rcode::NXDOMAIN);
  const auto referral = of("host.subdel.example", Type::A);
  CHECK_FALSE(referral.message.authoritative);
  CHECK(referral.message.authority.size() == 2);
  CHECK(of("ghost.*.example", Type::MX).message.rcode == Rcode::NXDOMAIN);
}

TEST_CASE("below a DNAME: the DNAME, a CNAME made of it, and what that leads to") {
  const auto answer = asked("www.old.example.test", Type::A);
  CHECK(answer.message.rcode == Rcode::NOERROR);
  CHECK(lines(answer.message.answers) ==
        Lines{"old.example.test. 300 DNAME new.example.test.",
              "www.new.example.test. 300 A 192.0.2.9",
              "www.old.example.test. 300 CNAME www.new.example.test."});
  CHECK(asked("x.old.example.test", Type::A).message.rcode == Rcode::NXDOMAIN);
}

TEST_CASE("at a DNAME other types are answered, and nothing is redirected") {
  CHECK(asked("old.example.test", Type::TXT).message.answers.size() == 1);
  checkNegative(asked("old.example.test", Type::A), Rcode::NOERROR);
  CHECK(lines(asked("old.example.test", Type::DNAME).message.answers) ==
        Lines{"old.example.test. 300 DNAME new.example.test."});
}

TEST_CASE("a DNAME that makes a name too long gives YXDOMAIN (RFC 6672 section 2.2)") {
  Authority authority;
  const std::string label(60, 'x');
  authority.put(zoneWith(1, "short DNAME " + label + "." + label + "." + label + "\n"));
  const auto answer = ask(authority, label + ".short.example.test", Type::A);
  CHECK(answer.message.rcode == Rcode::YXDOMAIN);
  CHECK(answer.message.answers.size() == 1);
}

TEST_CASE("a chain may come through a DNAME twice: it is written once (RFC 6672 section 3.2)") {
  const auto authority = authorityOf("sub.shrink DNAME shrink\nx.shrink A 192.0.2.99\n");
  const auto answer = ask(*authority, "x.sub.sub.shrink.example.test", Type::A);
  CHECK(answer.message.rcode == Rcode::NOERROR);
  CHECK(lines(answer.message.answers) ==
        Lines{"sub.shrink.example.test. 300 DNAME shrink.example.test.",
              "x.shrink.example.test. 300 A 192.0.2.99",
              "x.sub.shrink.example.test. 300 CNAME x.shrink.example.test.",
              "x.sub.sub.shrink.example.test. 300 CNAME x.sub.shrink.example.test."});
}

TEST_CASE("a chain that ends at the DNAME it came through has it once") {
  const auto authority = authorityOf("old DNAME new\nback.new CNAME old\n");
  CHECK(lines(ask(*authority, "back.old.example.test", Type::DNAME).message.answers) ==
        Lines{"back.new.example.test. 300 CNAME old.example.test.",
              "back.old.example.test. 300 CNAME back.new.example.test.",
              "old.example.test. 300 DNAME new.example.test."});
}

TEST_CASE("a loop of DNAMEs ends where a name comes again, and has no record twice") {
  const auto authority = authorityOf("a DNAME b\nb DNAME a\n");
  const auto answer = ask(*authority, "x.a.example.test", Type::A);
  CHECK(lines(answer.message.answers) == Lines{"a.example.test. 300 DNAME b.example.test.",
                                               "b.example.test. 300 DNAME a.example.test.",
                                               "x.a.example.test. 300 CNAME x.b.example.test.",
                                               "x.b.example.test. 300 CNAME x.a.example.test."});
}

TEST_CASE("aliases that lead ever further end after sixteen") {
  std::string records = "grow DNAME x.grow2\ngrow2 DNAME grow\n";
  for (int i = 0; i < 40; ++i) {
    records += "c" + std::to_string(i) + " CNAME c" + std::to_string(i + 1) + "\n";
  }
  const auto authority = authorityOf(records);
  CHECK(ask(*authority, Asked("c0.example.test", Type::A), 4096).message.answers.size() == 16);
  const auto grown = ask(*authority, Asked("q.grow.example.test", Type::A), 4096).message;
  CHECK(grown.answers.size() == 2 + 16);
  const auto all = lines(grown.answers);
  CHECK(std::adjacent_find(all.begin(), all.end()) == all.end());
}

TEST_CASE("a DNAME to its own name ends") {
  const auto authority = authorityOf("d DNAME d\n");
  CHECK(lines(ask(*authority, "x.d.example.test", Type::A).message.answers) ==
        Lines{"d.example.test. 300 DNAME d.example.test.",
              "x.d.example.test. 300 CNAME x.d.example.test."});
}

TEST_CASE("a host that two records name has its addresses once") {
  const auto authority = authorityOf("@ MX 10 mx\n@ MX 20 MX\nmx A 192.0.2.25\n");
  const auto answer = ask(*authority, "example.test", Type::MX);
  CHECK(answer.message.answers.size() == 2);
  CHECK(lines(answer.message.additional) == Lines{"mx.example.test. 300 A 192.0.2.25"});
}

TEST_CASE("ANY gets one set over UDP, everything over a stream (RFC 8482)") {
  const auto udp = asked("www.example.test", Type::ANY);
  CHECK(lines(udp.message.answers) ==
        Lines{"www.example.test. 300 A 192.0.2.1", "www.example.test. 300 A 192.0.2.2"});
  CHECK(asked("www.example.test", Type::ANY, Carrier::tcp).message.answers.size() == 4);
  checkNegative(asked("nothing.example.test", Type::ANY), Rcode::NXDOMAIN);
  checkNegative(asked("ent.example.test", Type::ANY), Rcode::NOERROR);
  CHECK_FALSE(asked("sub.example.test", Type::ANY).message.authoritative);
}

TEST_CASE("a set without room is left out as a whole, and TC says so") {
  std::string records;
  for (int i = 0; i < 60; ++i) records += "many A 10.0.0." + std::to_string(i) + "\n";
  const auto authority = authorityOf(records);
  const auto cut = ask(*authority, Asked("many.example.test", Type::A), 512);
  CHECK(cut.message.truncated);
  CHECK(cut.message.answers.empty());
  CHECK(cut.size <= 512);
  const auto whole = ask(*authority, Asked("many.example.test", Type::A), 1232);
  CHECK_FALSE(whole.message.truncated);
  CHECK(whole.message.answers.size() == 60);
}

TEST_CASE("at every size: TC exactly when answers, authority or a referral's glue are cut") {
  const auto authority = authorityOf();
  for (const auto* name : {"www.sub.example.test", "example.test", "chain.example.test",
                           "www.old.example.test", "nothing.example.test"}) {
    CAPTURE(name);
    const Type type = std::string_view(name) == "example.test" ? Type::MX : Type::A;
    const auto whole = ask(*authority, Asked(name, type), 1232);
    const bool glue = !whole.message.authoritative;  // RFC 9471 section 3.1
    for (std::size_t room = 60; room <= whole.size; ++room) {
      const auto answer = ask(*authority, Asked(name, type), room);
      CHECK(answer.size <= room);
      const bool complete =
          answer.message.answers.size() == whole.message.answers.size() &&
          answer.message.authority.size() == whole.message.authority.size() &&
          (!glue || answer.message.additional.size() == whole.message.additional.size());
      CHECK(answer.message.truncated == !complete);
    }
  }
}

TEST_CASE("the lowest zone answers, a new one takes the old one's place, a removed one is gone") {
  Authority authority;
  authority.put(zoneOf("$TTL 300\n@ SOA ns h 1 2 3 4 5\n@ NS ns\n*.sub A 192.0.2.1\n", "test"));
  CHECK(ask(authority, "www.example.test", Type::A).message.rcode == Rcode::NXDOMAIN);
  authority.put(zoneWith(1, "www A 192.0.2.1\n"));
  CHECK(ask(authority, "www.example.test", Type::A).message.answers.size() == 1);
  authority.put(zoneWith(2));
  CHECK(ask(authority, "www.example.test", Type::A).message.rcode == Rcode::NXDOMAIN);
  CHECK(authority.zones().size() == 2);
  CHECK(authority.zone(Name("EXAMPLE.test"))->serial() == 2);

  authority.remove(Name("example.test"));
  CHECK_FALSE(authority.zone(Name("example.test")));
  const auto above = ask(authority, "www.example.test", Type::A);
  REQUIRE(above.message.authority.size() == 1);
  CHECK(above.message.authority[0].name == Name("test"));
  authority.remove(Name("not.here"));
  CHECK(authority.zones().size() == 1);
}

TEST_CASE("everybody who wants to know of changes is told, in order") {
  Authority authority;
  Lines told;
  authority.onChange(
      [&](const auto& zone) { told.push_back("a" + std::to_string(zone->serial())); });
  authority.onChange(
      [&](const auto& zone) { told.push_back("b" + std::to_string(zone->serial())); });
  authority.put(zoneWith(1));
  authority.put(zoneWith(2));
  authority.remove(Name("example.test"));
  CHECK(told == Lines{"a1", "b1", "a2", "b2"});
}

TEST_CASE("the root as a zone refers to those below it") {
  Authority authority;
  authority.put(
      zoneOf("$TTL 300\n. SOA ns.nic. h.nic. 1 2 3 4 5\n. NS ns.nic.\ntest. NS ns.test.\n"
             "ns.test. A 192.0.2.1\n",
             "."));
  const auto answer = ask(authority, "www.example.test", Type::A);
  CHECK_FALSE(answer.message.authoritative);
  CHECK(answer.message.authority.size() == 1);
  CHECK(answer.message.additional.size() == 1);
  CHECK(ask(authority, ".", Type::SOA).message.answers.size() == 1);
  CHECK(ask(authority, "invalid", Type::A).message.rcode == Rcode::NXDOMAIN);
  CHECK(ask(authority, ".", Type::DS).verdict == Verdict::answered);
}
