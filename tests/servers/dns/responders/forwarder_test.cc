// The forwarder: what it takes, what it makes of answers, how much it has under way.
#include "ropewalk/servers/dns/responders/forwarder.h"

#include "ropewalk/core/base/log_capture.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "ropewalk/protocols/dns/errors.h"
#include "tests/servers/dns/asking.h"
#include "tests/servers/dns/responders/scripted_resolver.h"

namespace ropewalk::dns {

namespace {

using Lines = std::vector<std::string>;

struct Forwarding {
  std::shared_ptr<ScriptedResolver> upstream = std::make_shared<ScriptedResolver>();
  std::shared_ptr<ScriptedResolver> withSignatures = std::make_shared<ScriptedResolver>();
  Forwarder forwarder;

  explicit Forwarding(ForwarderOptions options = {})
      : forwarder(upstream, std::move(options), withSignatures) {}
  Deferred<std::optional<Message>> ask(std::string_view name = "a.test", Asker asker = {}) {
    return askLater(forwarder, name, Type::A, std::move(asker));
  }
};

Message take(Deferred<std::optional<Message>>& answer) {
  auto message = testing::successResultOf(answer);
  REQUIRE(message);
  return std::move(*message);
}

}  // namespace

TEST_CASE("a question is put to the upstream, and its answer given with RA and without AA") {
  Forwarding forwarding;
  auto asked = forwarding.ask("A.test");
  CHECK(forwarding.forwarder.underWay() == 1);
  REQUIRE(forwarding.upstream->count == 1);
  Message answer;
  answer.authoritative = answer.authenticData = answer.recursionAvailable = true;
  answer.answers.push_back(makeRecord(Name("A.test"), A("192.0.2.1")));
  answer.authority.push_back(makeRecord(Name("test"), NS(Name("ns.test"))));
  answer.additional.push_back(makeRecord(Name("ns.test"), A("192.0.2.53")));
  forwarding.upstream->answer(answer);
  const Message given = take(asked);
  CHECK(given.recursionAvailable);
  CHECK_FALSE(given.authoritative);
  CHECK_FALSE(given.authenticData);
  CHECK(Told::textOf(given.answers) == Lines{"A.test. A 192.0.2.1"});
  CHECK(given.authority.size() == 1);
  CHECK(given.additional.size() == 1);
  CHECK(forwarding.forwarder.underWay() == 0);
}

TEST_CASE("who does not ask for recursion is refused, and so are transfers") {
  Forwarding forwarding;
  const Told told = ask(forwarding.forwarder, "a.test", Type::A, {.recursionDesired = false});
  CHECK(told.answer.rcode == Rcode::REFUSED);
  CHECK(told.answer.recursionAvailable);
  CHECK(ask(forwarding.forwarder, "a.test", Type::AXFR).answer.rcode == Rcode::REFUSED);
  CHECK(forwarding.upstream->count == 0);
  auto any = askLater(forwarding.forwarder, "a.test", Type::ANY);
  forwarding.upstream->answer("192.0.2.1");
  CHECK(take(any).answers.size() == 1);
}

TEST_CASE("localhost, invalid and onion are answered here, whoever asks (RFC 6761, RFC 7686)") {
  Forwarding forwarding;
  for (const bool recursionDesired : {true, false}) {
    const auto told = [&](std::string_view name, Type type = Type::A) {
      const Told given =
          ask(forwarding.forwarder, name, type, {.recursionDesired = recursionDesired});
      CHECK(given.answer.recursionAvailable);
      return given;
    };
    CHECK(told("App.Localhost").lines() == Lines{"App.Localhost. A 127.0.0.1"});
    CHECK(told("localhost", Type::AAAA).lines() == Lines{"localhost. AAAA ::1"});
    CHECK(told("localhost", Type::ANY).lines() == Lines{"localhost. A 127.0.0.1"});
    CHECK(told("a.onion", Type::ANY).answer.rcode == Rcode::NXDOMAIN);
    const Told none = told("localhost", Type::MX);
    CHECK(none.answer.rcode == Rcode::NOERROR);
    CHECK(none.answer.authority.at(0).type == Type::SOA);
    for (const auto name : {"onion", "a.Onion", "x.invalid"}) {
      const Told missing = told(name);
      CHECK(missing.answer.rcode == Rcode::NXDOMAIN);
      CHECK(missing.answer.authority.at(0).type == Type::SOA);
    }
  }
  CHECK(ask(forwarding.forwarder, "localhost", Type::AXFR).answer.rcode == Rcode::REFUSED);
  CHECK(forwarding.upstream->count == 0);
  CHECK(ask(forwarding.forwarder, "notonion").verdict == Verdict::later);
}

TEST_CASE("special names are forwarded where that is wanted") {
  Forwarding all({.forwardSpecialNames = true});
  Forwarding onions({.below = Name("onion")});
  for (Forwarding* each : {&all, &onions}) {
    auto asked = each->ask("a.onion");
    each->upstream->answer("192.0.2.1");
    CHECK(take(asked).answers.size() == 1);
  }
}

TEST_CASE("only names below the suffix are forwarded where there is one") {
  Forwarding forwarding({.below = Name("Corp.test")});
  CHECK(ask(forwarding.forwarder, "a.test").verdict == Verdict::pass);
  CHECK(ask(forwarding.forwarder, "xcorp.test").verdict == Verdict::pass);
  auto one = forwarding.ask("CORP.test");
  auto two = forwarding.ask("a.b.corp.test");
  forwarding.upstream->answer("192.0.2.1");
  forwarding.upstream->answer("192.0.2.2");
  CHECK(Told::textOf(take(one).answers) == Lines{"CORP.test. A 192.0.2.1"});
  CHECK(Told::textOf(take(two).answers) == Lines{"a.b.corp.test. A 192.0.2.2"});
}

TEST_CASE("other classes are passed") {
  Forwarding forwarding;
  CHECK(ask(forwarding.forwarder, "version.bind", Type::TXT, {.klass = Class::CH}).verdict ==
        Verdict::pass);
}

TEST_CASE("past the limit of questions under way the answer is SERVFAIL") {
  Forwarding forwarding({.maxUnderWay = 2});
  auto one = forwarding.ask("a.test");
  auto two = forwarding.ask("b.test");
  CHECK(ask(forwarding.forwarder, "c.test").answer.rcode == Rcode::SERVFAIL);
  CHECK(forwarding.forwarder.counts().overload == 1);
  forwarding.upstream->answer("192.0.2.1");
  (void)take(one);
  auto three = forwarding.ask("c.test");
  forwarding.upstream->answer("192.0.2.2");
  forwarding.upstream->answer("192.0.2.3");
  (void)take(two);
  CHECK(Told::textOf(take(three).answers) == Lines{"c.test. A 192.0.2.3"});
}

TEST_CASE("questions that are given up make room, too") {
  Forwarding forwarding({.maxUnderWay = 1});
  auto one = forwarding.ask("a.test");
  one.cancel();
  (void)testing::failureResultOf<CancelledError>(one);
  CHECK(forwarding.forwarder.underWay() == 0);
  CHECK(*forwarding.upstream->waiting[0].cancelled);
  CHECK(forwarding.forwarder.counts().failed == 0);
}

TEST_CASE("the same question is asked once: one that comes back to us goes no further round") {
  Forwarding forwarding;
  auto one = forwarding.ask("a.test");
  auto two = forwarding.ask("A.TEST");
  CHECK(forwarding.upstream->count == 1);
  forwarding.upstream->answer("192.0.2.1");
  CHECK(take(one).answers.size() == 1);
  CHECK(Told::textOf(take(two).answers) == Lines{"A.TEST. A 192.0.2.1"});
}

TEST_CASE("those who want signatures are asked for elsewhere, and get them") {
  Forwarding forwarding;
  Message answer;
  answer.answers.push_back(makeRecord(Name("a.test"), A("192.0.2.1")));
  answer.answers.push_back(
      makeRecord(Name("a.test"), "RRSIG A 13 2 300 20300101000000 20200101000000 1 test. AAAA"));
  auto plain = forwarding.ask("a.test");
  auto secure = forwarding.ask("a.test", {.dnssecOk = true});
  CHECK(forwarding.upstream->count == 1);
  CHECK(forwarding.withSignatures->count == 1);
  forwarding.upstream->answer(answer);
  forwarding.withSignatures->answer(answer);
  CHECK(take(plain).answers.size() == 1);
  CHECK(take(secure).answers.size() == 2);
}

TEST_CASE("CD goes with the question, and makes another one of it") {
  Forwarding forwarding;
  auto checked = forwarding.ask("a.test");
  auto unchecked = forwarding.ask("a.test", {.checkingDisabled = true});
  REQUIRE(forwarding.upstream->count == 2);
  CHECK_FALSE(forwarding.upstream->waiting[0].question.checkingDisabled);
  CHECK(forwarding.upstream->waiting[1].question.checkingDisabled);
  forwarding.upstream->answer(Rcode::SERVFAIL);
  forwarding.upstream->answer("192.0.2.66");
  CHECK(take(checked).rcode == Rcode::SERVFAIL);
  CHECK(take(unchecked).answers.size() == 1);
}

TEST_CASE("AD is left in where the upstream is trusted") {
  Forwarding forwarding({.trustAuthenticData = true});
  auto asked = forwarding.ask();
  Message answer;
  answer.authenticData = true;
  forwarding.upstream->answer(answer);
  CHECK(take(asked).authenticData);
}

TEST_CASE("an upstream's rcode is passed on, unless it is about us and not about the question") {
  Forwarding forwarding;
  const auto rcodeFor = [&](Rcode upstream) {
    auto asked = forwarding.ask();
    forwarding.upstream->answer(upstream);
    return take(asked).rcode;
  };
  CHECK(rcodeFor(Rcode::NXDOMAIN) == Rcode::NXDOMAIN);
  CHECK(rcodeFor(Rcode::SERVFAIL) == Rcode::SERVFAIL);
  CHECK(rcodeFor(Rcode::REFUSED) == Rcode::REFUSED);
  CHECK(rcodeFor(Rcode::FORMERR) == Rcode::SERVFAIL);
  CHECK(rcodeFor(Rcode::BADCOOKIE) == Rcode::SERVFAIL);
}

TEST_CASE("when nobody answers the client hears SERVFAIL") {
  Forwarding forwarding;
  auto asked = forwarding.ask();
  forwarding.upstream->fail(DNSQueryTimeoutError("nobody answered"));
  const Message given = take(asked);
  CHECK(given.rcode == Rcode::SERVFAIL);
  CHECK(given.recursionAvailable);
  CHECK(forwarding.forwarder.counts().failed == 1);
}

TEST_CASE("the end of a forwarder ends those who wait") {
  auto upstream = std::make_shared<ScriptedResolver>();
  auto forwarder = std::make_shared<Forwarder>(upstream);
  auto asked = askLater(*forwarder, "a.test");
  forwarder.reset();
  (void)testing::failureResultOf<CancelledError>(asked);
}

}  // namespace ropewalk::dns
