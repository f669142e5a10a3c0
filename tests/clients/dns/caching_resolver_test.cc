// The cache: TTLs that count down, negative answers, room, prefetching, stale answers. RFC 2308,
// RFC 8767, RFC 9520. Time is the test's.
#include "ropewalk/clients/dns/caching_resolver.h"

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/testing/clock.h"
#include "tests/clients/dns/scripted_resolver.h"

namespace ropewalk::dns::testing {
namespace {

const std::string kSoa = "example. 600 SOA ns.example. root.example. 1 2 3 4 120";

struct Cache {
  explicit Cache(CacheOptions options = {}) {
    upstream->script = [](const Question& question) {
      return answerTo(question, {toText(question.name) + " 300 A 192.0.2.1"});
    };
    resolver = std::make_unique<CachingResolver>(clock, upstream, options);
  }
  Deferred<Message> asking(const std::string& name, Type type = Type::A) {
    return resolver->ask({Name(name), type});
  }
  Message ask(const std::string& name, Type type = Type::A) {
    return successResultOf(asking(name, type));
  }
  [[nodiscard]] std::size_t asked() const { return upstream->asked.size(); }

  ropewalk::testing::Clock clock;
  std::shared_ptr<ScriptedResolver> upstream = std::make_shared<ScriptedResolver>();
  std::unique_ptr<CachingResolver> resolver;
};

TEST_CASE("an answer is kept for its TTL, and counts it down") {
  Cache cache;
  CHECK(cache.ask("a.example").answers.at(0).ttl == 300);
  cache.clock.advance(100s);
  CHECK(cache.ask("A.Example").answers.at(0).ttl == 200);
  cache.clock.advance(199s);
  CHECK(cache.ask("a.example").answers.at(0).ttl == 1);
  CHECK(cache.asked() <= 2);  // the second is a prefetch
  cache.clock.advance(301s);
  const auto before = cache.asked();
  CHECK(cache.ask("a.example").answers.at(0).ttl == 300);
  CHECK(cache.asked() == before + 1);
}

TEST_CASE("an answer is given in the spelling of whoever asks") {
  Cache cache;
  cache.ask("a.example");
  const Message answer = cache.ask("A.ExAmPlE");
  CHECK(toText(answer.questions.at(0).name) == "A.ExAmPlE.");
  CHECK(toText(answer.answers.at(0).name) == "A.ExAmPlE.");
  CHECK(cache.asked() == 1);
}

TEST_CASE("the record with the least time decides for all") {
  Cache cache;
  cache.upstream->script = [](const Question& question) {
    return answerTo(question, {"a 300 CNAME b.example.", "b 50 A 192.0.2.1"});
  };
  cache.ask("a.example");
  cache.clock.advance(49s);
  cache.ask("a.example");
  CHECK(cache.asked() <= 2);
  const auto before = cache.asked();
  cache.clock.advance(51s);
  cache.ask("a.example");
  CHECK(cache.asked() == before + 1);
}

TEST_CASE("other types and classes of a name are other questions") {
  Cache cache;
  cache.ask("a.example");
  cache.ask("a.example", Type::AAAA);
  static_cast<void>(successResultOf(cache.resolver->ask({Name("a.example"), Type::A, Class::CH})));
  CHECK(cache.asked() == 3);
}

TEST_CASE("what came with CD is not given to those who want it checked, nor the other way round") {
  Cache cache;
  cache.upstream->script = [](const Question& question) {
    if (question.name == Name("gone.example"))
      return answerTo(question, {}, {kSoa},
                      question.checkingDisabled ? Rcode::NXDOMAIN : Rcode::SERVFAIL);
    return answerTo(question,
                    {question.checkingDisabled ? "a 300 A 192.0.2.66" : "a 300 A 192.0.2.1"});
  };
  const auto ask = [&](const std::string& name, bool unchecked) {
    Question question{Name(name)};
    question.checkingDisabled = unchecked;
    return successResultOf(cache.resolver->ask(question));
  };
  for (int i = 0; i < 2; ++i) {
    CHECK(ask("a.example", true).answers != ask("a.example", false).answers);
    CHECK(ask("gone.example", true).rcode == Rcode::NXDOMAIN);
    CHECK(ask("gone.example", false).rcode == Rcode::SERVFAIL);
  }
  CHECK(cache.asked() == 4);
}

TEST_CASE("what has no time is not kept") {
  Cache cache;
  cache.upstream->script = [](const Question& question) {
    return answerTo(question, {"a 0 A 192.0.2.1"});
  };
  cache.ask("a.example");
  cache.ask("a.example");
  CHECK(cache.asked() == 2);
}

TEST_CASE("NODATA is kept for the minimum of the SOA, for this type only") {
  Cache cache;
  cache.upstream->script = [](const Question& question) { return answerTo(question, {}, {kSoa}); };
  cache.ask("a.example");
  cache.clock.advance(119s);
  const Message answer = cache.ask("a.example");
  CHECK(cache.asked() <= 2);
  CHECK(answer.authority.at(0).ttl == 1);
  cache.ask("a.example", Type::MX);
  const auto before = cache.asked();
  cache.clock.advance(121s);
  cache.ask("a.example");
  CHECK(cache.asked() == before + 1);
}

TEST_CASE("NXDOMAIN is an answer to every type") {
  Cache cache;
  cache.upstream->script = [](const Question& question) {
    return answerTo(question, {}, {kSoa}, Rcode::NXDOMAIN);
  };
  cache.ask("a.example");
  const Message answer = cache.ask("a.example", Type::MX);
  CHECK(answer.rcode == Rcode::NXDOMAIN);
  CHECK(answer.questions.at(0).type == Type::MX);
  CHECK(cache.asked() == 1);
}

TEST_CASE("a denial behind an alias denies the alias's target, not its other types") {
  Cache cache;
  cache.upstream->script = [](const Question& question) {
    return answerTo(question, {"a CNAME gone.example."}, {kSoa}, Rcode::NXDOMAIN);
  };
  cache.ask("a.example");
  cache.ask("a.example");
  CHECK(cache.asked() == 1);
  cache.ask("a.example", Type::MX);
  CHECK(cache.asked() == 2);
}

TEST_CASE("a denial without a SOA, a referral, an error and a truncated answer are not kept") {
  const auto which = GENERATE(0, 1, 2, 3);
  Cache cache;
  cache.upstream->script = [&](const Question& question) {
    Message answer = answerTo(question, {});
    if (which == 0) answer.rcode = Rcode::NXDOMAIN;
    if (which == 1) answer.authority.push_back(recordOf("a NS ns.a.example."));
    if (which == 2) answer.rcode = Rcode::REFUSED;
    if (which == 3) answer = answerTo(question, {"a A 192.0.2.1"});
    answer.truncated = which == 3;
    return answer;
  };
  cache.ask("a.example");
  cache.ask("a.example");
  CHECK(cache.asked() == 2);
}

TEST_CASE("SERVFAIL is kept for five seconds, so that nobody is asked in vain without pause") {
  Cache cache;
  cache.upstream->script = [](const Question& question) {
    return answerTo(question, {}, {}, Rcode::SERVFAIL);
  };
  cache.ask("a.example");
  cache.clock.advance(4s);
  CHECK(cache.ask("a.example").rcode == Rcode::SERVFAIL);
  CHECK(cache.asked() == 1);
  cache.clock.advance(1s);
  cache.ask("a.example");
  CHECK(cache.asked() == 2);
}

TEST_CASE("an empty answer without an SOA is not kept (RFC 2308 5)") {
  Cache cache;
  cache.upstream->script = [](const Question& question) { return answerTo(question, {}); };
  CHECK(cache.ask("a.example", Type::AAAA).answers.empty());
  CHECK(cache.ask("a.example", Type::AAAA).answers.empty());
  CHECK(cache.asked() == 2);
}

TEST_CASE("long TTLs are cut, positive and negative ones") {
  CacheOptions options;
  options.maxTtl = 60s;
  options.maxNegativeTtl = 30s;
  options.prefetch = false;
  Cache cache(options);
  CHECK(cache.ask("a.example").answers.at(0).ttl == 300);  // as it came
  CHECK(cache.ask("a.example").answers.at(0).ttl == 60);
  cache.clock.advance(60s);
  cache.ask("a.example");
  CHECK(cache.asked() == 2);
  cache.upstream->script = [](const Question& question) {
    return answerTo(question, {}, {kSoa}, Rcode::NXDOMAIN);
  };
  cache.ask("b.example");
  cache.clock.advance(30s);
  cache.ask("b.example");
  CHECK(cache.asked() == 4);
}

TEST_CASE("when the cache is full, what nobody asked for goes first") {
  CacheOptions options;
  options.entries = 2;
  Cache cache(options);
  cache.ask("a.example");
  cache.ask("b.example");
  cache.ask("a.example");
  cache.ask("c.example");  // b goes
  CHECK(cache.resolver->size() == 2);
  CHECK(cache.resolver->counts().evicted == 1);
  cache.ask("a.example");
  CHECK(cache.asked() == 3);
  cache.ask("b.example");
  CHECK(cache.asked() == 4);
}

TEST_CASE("the bytes of all answers are bounded") {
  CacheOptions options;
  options.bytes = 20'000;
  Cache cache(options);
  for (int name = 0; name < 500; ++name) cache.ask(format("n{}.example", name));
  CHECK(cache.resolver->bytes() <= 20'000);
  CHECK(cache.resolver->size() > 5);
  CHECK(cache.resolver->counts().evicted + cache.resolver->size() == 500);
}

TEST_CASE("the same question of several is asked once, and who cancels leaves the others") {
  Cache cache;
  cache.upstream->script = {};
  auto mine = cache.asking("a.example");
  auto yours = cache.asking("a.example");
  REQUIRE(cache.asked() == 1);
  mine.cancel();
  failureResultOf<CancelledError>(mine);
  CHECK(cache.upstream->cancelled == 0);
  cache.upstream->answer(answerTo({Name("a.example")}, {"a A 192.0.2.1"}));
  CHECK(successResultOf(yours).answers.size() == 1);
  auto gone = cache.asking("b.example");
  gone.cancel();
  failureResultOf<CancelledError>(gone);
  CHECK(cache.upstream->cancelled == 1);
}

TEST_CASE("a name that is asked for often is fetched again before its time is over") {
  Cache cache;
  cache.ask("a.example");
  cache.ask("a.example");
  cache.clock.advance(269s);
  cache.ask("a.example");
  CHECK(cache.asked() == 1);
  cache.clock.advance(1s);
  cache.upstream->script = {};
  CHECK(cache.ask("a.example").answers.at(0).ttl == 30);  // at once, from the cache
  CHECK(cache.asked() == 2);
  cache.ask("a.example");
  CHECK(cache.asked() == 2);
  cache.upstream->answer(answerTo({Name("a.example")}, {"a 300 A 192.0.2.2"}));
  CHECK(cache.ask("a.example").answers.at(0).ttl == 300);
  CHECK(cache.resolver->counts().prefetches == 1);
}

TEST_CASE("a name that was asked for once is not fetched again") {
  Cache cache;
  cache.ask("a.example");
  cache.clock.advance(290s);
  cache.ask("b.example");
  CHECK(cache.resolver->counts().prefetches == 0);
}

TEST_CASE("a prefetch that fails is nobody's business") {
  Cache cache;
  cache.ask("a.example");
  cache.clock.advance(290s);
  cache.upstream->script = [](const Question&) -> Result<Message> {
    return Failure(DNSQueryTimeoutError("nobody answers"));
  };
  CHECK(cache.ask("a.example").answers.at(0).ttl == 10);
}

CacheOptions staleFor(Duration duration) {
  CacheOptions options;
  options.serveStale = duration;
  return options;
}

TEST_CASE("when nobody answers, an answer past its time is given, with a short TTL") {
  Cache cache(staleFor(1h));
  cache.ask("a.example");
  cache.clock.advance(400s);
  const bool failure = GENERATE(true, false);
  cache.upstream->script = [&](const Question& question) -> Result<Message> {
    if (failure) return Failure(DNSQueryTimeoutError("nobody answers"));
    return answerTo(question, {}, {}, Rcode::SERVFAIL);
  };
  const Message answer = cache.ask("a.example");
  CHECK(answer.answers.at(0).ttl == 30);
  CHECK(cache.resolver->counts().stale == 1);
  cache.clock.advance(1h);  // too old by now
  if (failure) {
    failureResultOf<DNSQueryTimeoutError>(cache.asking("a.example"));
  } else {
    CHECK(cache.ask("a.example").rcode == Rcode::SERVFAIL);
  }
}

TEST_CASE("a stale answer is given after a while, and the fresh one is kept when it comes") {
  Cache cache(staleFor(1h));
  cache.ask("a.example");
  cache.clock.advance(400s);
  cache.upstream->script = {};
  auto asking = cache.asking("a.example");
  cache.clock.advance(1799ms);
  assertNoResult(asking);
  cache.clock.advance(1ms);
  CHECK(successResultOf(asking).answers.at(0).ttl == 30);
  cache.upstream->answer(answerTo({Name("a.example")}, {"a 300 A 192.0.2.2"}));
  CHECK(cache.ask("a.example").answers.at(0).ttl == 300);
  CHECK(cache.asked() == 2);
}

TEST_CASE("a fresh answer that comes in time is preferred to a stale one") {
  Cache cache(staleFor(1h));
  cache.ask("a.example");
  cache.clock.advance(400s);
  cache.upstream->script = {};
  auto asking = cache.asking("a.example");
  cache.upstream->answer(answerTo({Name("a.example")}, {}, {kSoa}, Rcode::NXDOMAIN));
  CHECK(successResultOf(asking).rcode == Rcode::NXDOMAIN);
  CHECK(cache.ask("a.example").rcode == Rcode::NXDOMAIN);
  CHECK(cache.clock.getDelayedCalls() == 0);
}

TEST_CASE("without the option nothing is given past its time") {
  Cache cache;
  cache.ask("a.example");
  cache.clock.advance(300s);
  cache.upstream->script = [](const Question&) -> Result<Message> {
    return Failure(DNSQueryTimeoutError("nobody answers"));
  };
  failureResultOf<DNSQueryTimeoutError>(cache.asking("a.example"));
}

TEST_CASE("a cache that goes away fails what is under way") {
  Cache cache;
  cache.upstream->script = {};
  auto asking = cache.asking("a.example");
  cache.resolver.reset();
  failureResultOf<CancelledError>(asking);
  CHECK(cache.upstream->cancelled == 1);
}

TEST_CASE("answers can be put in and forgotten") {
  Cache cache;
  const Question question{Name("a.example")};
  cache.resolver->put(question, answerTo(question, {"a A 192.0.2.9"}));
  CHECK(recordsOf<A>(cache.ask("a.example").answers).at(0).address == "192.0.2.9");
  CHECK(cache.asked() == 0);
  cache.resolver->clear();
  CHECK(cache.resolver->bytes() == 0);
  cache.ask("a.example");
  CHECK(cache.asked() == 1);
}

}  // namespace
}  // namespace ropewalk::dns::testing
