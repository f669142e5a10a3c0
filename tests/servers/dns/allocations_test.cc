// What answering costs in allocations: nothing, from zones and all that stands before or beside
// them.

#include "ropewalk/core/testing/clock.h"
#include "ropewalk/servers/dns/guard/cookies.h"
#include "ropewalk/servers/dns/guard/rate_limit.h"
#include "ropewalk/servers/dns/guard/view.h"
#include "ropewalk/servers/dns/responders/authority.h"
#include "ropewalk/servers/dns/responders/block_list.h"
#include "ropewalk/servers/dns/responders/name_functions.h"
#include "ropewalk/servers/dns/responders/static_hosts.h"
#include "tests/counted_new.h"
#include "tests/servers/dns/asking.h"

namespace ropewalk::dns {

namespace {

/// How often a responder allocates for one question, once it has been asked before.
std::size_t allocationsFor(Responder& responder, std::string_view name, Type type = Type::A,
                           Verdict expected = Verdict::answered) {
  const AskedQuestion asked(name, type);
  std::string room(1232, '\0');
  MessageWriter writer(room);
  asked.begin(writer);
  CHECK(responder.respond(asked.query, writer) == expected);
  asked.begin(writer);
  const std::size_t before = allocations;
  responder.respond(asked.query, writer);
  return allocations - before;
}

}  // namespace

TEST_CASE("the count counts") {
  const std::size_t before = allocations;
  const auto kept = std::make_unique<int>(7);
  CHECK(allocations - before == 1);
}

TEST_CASE("blocking, and not blocking, allocates nothing") {
  auto names = std::make_shared<BlockNames>();
  BlockReport report;
  names->read("ads.example\n", "list.txt", report);
  for (const auto answer : {BlockOptions::Answer::nxdomain, BlockOptions::Answer::zeroAddress,
                            BlockOptions::Answer::refused}) {
    BlockList list({.answer = answer});
    list.use(names);
    CHECK(allocationsFor(list, "www.ads.example") == 0);
    CHECK(allocationsFor(list, "www.ads.example", Type::MX) == 0);
    CHECK(allocationsFor(list, "a.b.c.example", Type::A, Verdict::pass) == 0);
  }
}

TEST_CASE("static hosts allocate nothing") {
  StaticHosts hosts;
  hosts.add("a.test", "192.0.2.1");
  CHECK(allocationsFor(hosts, "A.test") == 0);
  CHECK(allocationsFor(hosts, "a.test", Type::AAAA) == 0);
  CHECK(allocationsFor(hosts, "1.2.0.192.in-addr.arpa", Type::PTR) == 0);
  CHECK(allocationsFor(hosts, "other.test", Type::A, Verdict::pass) == 0);
}

TEST_CASE("views and access lists allocate nothing") {
  const auto hosts = std::make_shared<StaticHosts>();
  hosts->add("a.test", "192.0.2.1");
  Views views;
  views.add({"10.0.0.0/8"}, {});
  views.add({"192.0.2.0/24"}, {hosts});
  CHECK(allocationsFor(views, "a.test") == 0);
  AccessList list({"!192.0.2.0/24", "any"});
  CHECK(allocationsFor(list, "a.test") == 0);
}

TEST_CASE("answers from zones allocate nothing, however they come about") {
  constexpr std::string_view kZone =
      "$ORIGIN a.test.\n$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\n@ MX 1 mx\n@ MX 2 mx\nns A "
      "192.0.2.1\n"
      "mx A 192.0.2.25\nwww CNAME far\nfar CNAME ns\nsub.old DNAME old\nx.old A 192.0.2.7\n"
      "loop DNAME pool\npool DNAME loop\n*.wild A 192.0.2.8\nsub NS ns.sub\nns.sub A 192.0.2.9\n"
      "long DNAME aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.long\n";
  Authority authority;
  authority.put(Zone::parse(kZone).value());
  for (const auto* name :
       {"ns.a.test", "A.TEST", "www.a.test", "x.sub.sub.old.a.test", "q.loop.a.test",
        "any.wild.a.test", "host.sub.a.test", "none.a.test", "x.long.a.test"}) {
    CAPTURE(name);
    for (const auto type : {Type::A, Type::MX, Type::ANY, Type::DNAME}) {
      CHECK(allocationsFor(authority, name, type) == 0);
    }
  }
  CHECK(allocationsFor(authority, "b.test", Type::A, Verdict::pass) == 0);
}

TEST_CASE("a function's record is written without an allocation, unless the function makes one") {
  NameFunctions answers;
  answers.add("*.build.test", [](const Query&) { return A("192.0.2.7"); });
  CHECK(allocationsFor(answers, "a.build.test") == 0);
  CHECK(allocationsFor(answers, "a.test", Type::A, Verdict::pass) == 0);
}

TEST_CASE("rate limiting allocates nothing, for known networks and for new ones") {
  testing::Clock clock;
  RateLimit limit(clock, {.answers = 10, .exempt = {"10.0.0.0/8"}});
  const AskedQuestion asked("a.test");
  std::string peer(4, '\1');
  Query query{asked.query.view, Carrier::udp, peer, {}};
  const std::size_t before = allocations;
  for (int i = 0; i < 100'000; ++i) {
    peer[1] = static_cast<char>(i);
    peer[2] = static_cast<char>(i >> 8);
    (void)limit.answerReady(query, {.answers = 1});
  }
  CHECK(allocations == before);
}

TEST_CASE("cookies are made and checked without an allocation") {
  const ServerCookies cookies;
  const std::string cookie(24, 'x');
  const std::size_t before = allocations;
  (void)cookies.make(cookie, "\1\2\3\4", Timestamp());
  (void)cookies.check(cookie, "\1\2\3\4", Timestamp());
  CHECK(allocations == before);
}

}  // namespace ropewalk::dns
