// Response rate limiting: who is limited, how soon he may ask again, what slips through.
#include "ropewalk/servers/dns/guard/rate_limit.h"

#include "ropewalk/core/testing/clock.h"
#include "tests/servers/dns/asking.h"

namespace ropewalk::dns {

namespace {

using Action = AnswerFilter::Action;

constexpr AnswerSummary kAnswer{.answers = 1};

/// Two answers of each kind a second, two seconds' worth at once, all the rest dropped.
RateLimitOptions few() {
  return {.answers = 2,
          .noData = 2,
          .nameErrors = 2,
          .referrals = 2,
          .errors = 2,
          .burstSeconds = 2,
          .slip = 0,
          .key = SipKey{1, 2}};
}

struct Limited {
  testing::Clock clock;
  RateLimit limit;

  explicit Limited(RateLimitOptions options = few()) : limit(clock, std::move(options)) {}

  Action answer(std::string peer, AnswerSummary summary = kAnswer, Asker asker = {}) {
    asker.peer = std::move(peer);
    const AskedQuestion asked("a.test", Type::A, std::move(asker));
    return limit.answerReady(asked.query, summary);
  }
  /// How many of many answers are sent.
  int sent(const std::string& peer, AnswerSummary summary = kAnswer, int many = 20) {
    int count = 0;
    for (int i = 0; i < many; ++i) count += answer(peer, summary) == Action::send;
    return count;
  }
};

}  // namespace

TEST_CASE("a network gets its burst, and then its rate") {
  Limited limited;
  CHECK(limited.sent("192.0.2.1") == 4);
  CHECK(limited.limit.counts().dropped == 16);
  limited.clock.advance(499ms);
  CHECK(limited.sent("192.0.2.1") == 0);
  limited.clock.advance(1ms);
  CHECK(limited.sent("192.0.2.1") == 1);
  limited.clock.advance(1s);
  CHECK(limited.sent("192.0.2.1") == 2);
  limited.clock.advance(1h);
  CHECK(limited.sent("192.0.2.1") == 4);
}

TEST_CASE("addresses of a network share a bucket, networks do not") {
  Limited limited;
  CHECK(limited.sent("192.0.2.1") == 4);
  CHECK(limited.sent("192.0.2.254") == 0);
  CHECK(limited.sent("192.0.3.1") == 4);
  CHECK(limited.sent("2001:db8:0:100::1") == 4);
  CHECK(limited.sent("2001:db8:0:1ff::1") == 0);
  CHECK(limited.sent("2001:db8:0:200::1") == 4);
}

TEST_CASE("an IPv4 address in an IPv6 socket is in its IPv4 network") {
  const std::string mapped("\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\x02\x01", 16);
  const std::string other("\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\x03\x01", 16);
  Limited limited;
  CHECK(limited.sent("192.0.2.1") == 4);
  AskedQuestion asked("a.test");
  asked.query.peerBytes = mapped;
  CHECK(limited.limit.answerReady(asked.query, kAnswer) == Action::drop);
  asked.query.peerBytes = other;
  CHECK(limited.limit.answerReady(asked.query, kAnswer) == Action::send);
}

TEST_CASE("each kind of answer has its bucket") {
  Limited limited;
  CHECK(limited.sent("192.0.2.1", {.answers = 1}) == 4);
  CHECK(limited.sent("192.0.2.1", {.rcode = Rcode::NXDOMAIN}) == 4);
  CHECK(limited.sent("192.0.2.1", {}) == 4);
  CHECK(limited.sent("192.0.2.1", {.referral = true}) == 4);
  CHECK(limited.sent("192.0.2.1", {.rcode = Rcode::REFUSED}) == 4);
  CHECK(limited.sent("192.0.2.1", {.rcode = Rcode::SERVFAIL}) == 0);
  CHECK(limited.sent("192.0.2.1", {.rcode = Rcode::NXDOMAIN, .answers = 1}) == 0);
}

TEST_CASE("every second answer too many comes truncated where slip is two") {
  auto options = few();
  options.slip = 2;
  Limited limited(options);
  CHECK(limited.sent("192.0.2.1", kAnswer, 4) == 4);
  for (int i = 0; i < 3; ++i) {
    CHECK(limited.answer("192.0.2.1") == Action::drop);
    CHECK(limited.answer("192.0.2.1") == Action::truncate);
  }
  CHECK(limited.limit.counts().truncated == 3);
  options.slip = 1;
  Limited polite(options);
  CHECK(polite.sent("192.0.2.1", kAnswer, 4) == 4);
  CHECK(polite.answer("192.0.2.1") == Action::truncate);
}

TEST_CASE("who goes on a little above the rate gets his truncated answers, too") {
  auto options = few();
  options.slip = 2;
  Limited limited(options);
  REQUIRE(limited.sent("192.0.2.1", kAnswer, 4) == 4);
  int truncated = 0;
  for (int i = 0; i < 40; ++i) {
    limited.clock.advance(250ms);  // four a second, of which two are sent
    truncated += limited.answer("192.0.2.1") == Action::truncate;
  }
  CHECK(truncated == 10);
}

TEST_CASE("who is where he says he is, is not limited") {
  Limited limited;
  REQUIRE(limited.sent("192.0.2.1") == 4);
  CHECK(limited.answer("192.0.2.1", kAnswer, {.carrier = Carrier::tcp}) == Action::send);
  CHECK(limited.answer("192.0.2.1", kAnswer, {.carrier = Carrier::https}) == Action::send);
  CHECK(limited.answer("192.0.2.1", {.answers = 1, .addressProven = true}) == Action::send);
  CHECK(limited.answer("192.0.2.1", kAnswer, {.key = "key.test"}) == Action::send);
  CHECK(limited.answer("", kAnswer) == Action::send);
  CHECK(limited.answer("192.0.2.1") == Action::drop);
}

TEST_CASE("networks may be exempt, and rates off") {
  auto options = few();
  options.exempt = {"10.0.0.0/8"};
  options.nameErrors = 0;
  Limited limited(options);
  CHECK(limited.sent("10.1.2.3") == 20);
  CHECK(limited.sent("192.0.2.1") == 4);
  CHECK(limited.sent("192.0.2.1", {.rcode = Rcode::NXDOMAIN}) == 20);
}

TEST_CASE("more networks than there are buckets take the place of those that have most left") {
  auto options = few();
  options.buckets = 4;
  Limited limited(options);
  for (const char* peer : {"192.0.2.1", "192.0.3.1", "192.0.4.1", "192.0.5.1"}) {
    CHECK(limited.sent(peer) == 4);
    limited.clock.advance(1ms);
  }
  limited.clock.advance(500ms);
  CHECK(limited.sent("192.0.2.1") == 1);
  CHECK(limited.sent("192.0.6.1") == 4);  // in place of 192.0.3.0/24
  CHECK(limited.sent("192.0.2.1") == 0);
  CHECK(limited.sent("192.0.3.1") == 4);  // in place of 192.0.4.0/24
  CHECK(limited.sent("192.0.5.1") == 1);
}

TEST_CASE("the widest prefixes and the highest rates are no trouble") {
  auto options = few();
  options.prefixIPv4 = 32;
  options.prefixIPv6 = 0;
  options.answers = 4'000'000'000;
  options.noData = 1;
  Limited limited(options);
  CHECK(limited.sent("192.0.2.1", kAnswer, 1000) == 1000);
  CHECK(limited.sent("192.0.2.1", {}) == 2);
  CHECK(limited.sent("192.0.2.2", {}) == 2);
  CHECK(limited.sent("2001:db8::1", {}) == 2);
  CHECK(limited.sent("fe80::1", {}) == 0);
}

}  // namespace ropewalk::dns
