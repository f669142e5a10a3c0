// What an answer allocates: nothing.
#include "ropewalk/core/testing/clock.h"
#include "ropewalk/servers/dns/dispatcher.h"
#include "ropewalk/servers/dns/guard/rate_limit.h"
#include "ropewalk/servers/dns/responders/authority.h"
#include "ropewalk/servers/dns/responders/block_list.h"
#include "ropewalk/servers/dns/responders/static_hosts.h"
#include "tests/catch.h"
#include "tests/counted_new.h"

namespace ropewalk::dns {

namespace {

constexpr std::string_view kZone = R"($ORIGIN a.test.
$TTL 60
@ SOA ns h 1 2 3 4 5
@ NS ns
ns A 192.0.2.1
www A 192.0.2.7
@ MX 10 www
alias CNAME www
*.wild A 192.0.2.8
sub NS ns.sub
ns.sub A 192.0.2.9
old DNAME wild
)";
constexpr std::string_view kPeer("\x7f\x00\x00\x01", 4);

/// How many allocations a hundred answers take, once warm.
std::size_t allocationsOf(Dispatcher& dispatcher, std::string_view name, Type type, bool cookie) {
  Message asked;
  asked.questions = {{Name(name), type, Class::IN}};
  if (cookie) asked.edns.emplace().options = {{EdnsOption::COOKIE, "12345678"}};
  const std::string bytes = asked.encode();
  std::string room(1232, '\0');
  REQUIRE_FALSE(dispatcher.answer(bytes, Carrier::udp, kPeer, room).now.empty());
  const std::size_t before = allocations;
  for (int i = 0; i < 100; ++i) (void)dispatcher.answer(bytes, Carrier::udp, kPeer, room);
  return allocations - before;
}

}  // namespace

TEST_CASE("answers from zones, hosts and block lists allocate nothing") {
  testing::Clock clock;
  Dispatcher dispatcher;
  auto authority = std::make_shared<Authority>();
  authority->put(Zone::parse(kZone).value());
  auto hosts = std::make_shared<StaticHosts>();
  hosts->add("printer.home.test", "192.0.2.33");
  auto blocked = std::make_shared<BlockList>();
  dispatcher.setResponders({blocked, hosts, authority});
  dispatcher.add(std::make_shared<RateLimit>(
      clock,
      RateLimitOptions{.answers = 0, .noData = 0, .nameErrors = 0, .referrals = 0, .errors = 0}));
  for (const bool cookie : {false, true}) {
    CHECK(allocationsOf(dispatcher, "www.a.test", Type::A, cookie) == 0);
    CHECK(allocationsOf(dispatcher, "www.a.test", Type::AAAA, cookie) == 0);
    CHECK(allocationsOf(dispatcher, "nobody.a.test", Type::A, cookie) == 0);
    CHECK(allocationsOf(dispatcher, "a.test", Type::MX, cookie) == 0);
    CHECK(allocationsOf(dispatcher, "alias.a.test", Type::A, cookie) == 0);
    CHECK(allocationsOf(dispatcher, "x.wild.a.test", Type::A, cookie) == 0);
    CHECK(allocationsOf(dispatcher, "x.sub.a.test", Type::A, cookie) == 0);
    CHECK(allocationsOf(dispatcher, "x.old.a.test", Type::A, cookie) == 0);
    CHECK(allocationsOf(dispatcher, "printer.home.test", Type::A, cookie) == 0);
    CHECK(allocationsOf(dispatcher, "elsewhere.test", Type::A, cookie) == 0);
  }
}

}  // namespace ropewalk::dns
