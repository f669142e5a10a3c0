// The user's own answers: functions of every kind, names as in a zone file.
#include "ropewalk/servers/dns/responders/name_functions.h"

#include <stdexcept>

#include "ropewalk/core/base/log_capture.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "ropewalk/servers/dns/responders/authority.h"
#include "ropewalk/servers/dns/responders/chain.h"
#include "tests/servers/dns/asking.h"
#include "tests/servers/dns/zone_world.h"

namespace ropewalk::dns {

namespace {

using Lines = std::vector<std::string>;

Lines resolved(NameFunctions& answers, std::string_view name, Type type = Type::A) {
  const auto answer = testing::successResultOf(askLater(answers, name, type));
  REQUIRE(answer);
  return Told::textOf(answer->answers);
}

}  // namespace

TEST_CASE("a function answers for a name with a typed record") {
  NameFunctions answers;
  answers.add("a.test", [](const Question&) { return A("192.0.2.7", 60s); });
  const Told told = ask(answers, "A.test");
  CHECK(told.lines() == Lines{"A.test. A 192.0.2.7"});
  CHECK(told.answer.answers[0].ttl == 60);
  CHECK(told.answer.authoritative);
  CHECK(ask(answers, "b.test").verdict == Verdict::pass);
  CHECK(ask(answers, "x.a.test").verdict == Verdict::pass);
  CHECK(ask(answers, "a.test", Type::A, {.klass = Class::CH}).verdict == Verdict::pass);
}

TEST_CASE("a record of another type than was asked for is no data, a CNAME always is an answer") {
  NameFunctions answers;
  answers.add("a.test", [] { return A("192.0.2.7"); });
  answers.add("c.test", [] { return CNAME(Name("a.test")); });
  const Told told = ask(answers, "a.test", Type::AAAA);
  CHECK(told.verdict == Verdict::nothing);
  CHECK(told.answer.rcode == Rcode::NOERROR);
  CHECK(told.answer.answers.empty());
  CHECK(ask(answers, "a.test", Type::ANY).answer.answers.size() == 1);
  CHECK(ask(answers, "c.test", Type::AAAA).lines() == Lines{"c.test. CNAME a.test."});
}

TEST_CASE("functions see who asks, and what for") {
  NameFunctions answers;
  answers.add("*.who.test", [](const Query& query) {
    return TXT(query.peer().host + " " + toText(query.question()));
  });
  CHECK(ask(answers, "I.who.test", Type::TXT).lines() ==
        Lines{"I.who.test. TXT \"192.0.2.1 I.who.test. TXT\""});
}

TEST_CASE("functions give records, many, other rcodes, whole messages, or nothing") {
  NameFunctions answers;
  answers.add("record.test", [](const Question& q) { return makeRecord(q.name, A("192.0.2.1")); });
  answers.add("many.test", [] { return std::vector{A("192.0.2.1"), A("192.0.2.2")}; });
  answers.add("chain.test", [](const Question& q) {
    return std::vector<Record>{makeRecord(q.name, CNAME(Name("end.test"))),
                               makeRecord(Name("end.test"), A("192.0.2.1")),
                               makeRecord(Name("end.test"), MX())};
  });
  answers.add("none.test", [] { return Rcode::NXDOMAIN; });
  answers.add("empty.test", [] { return std::vector<A>(); });
  answers.add("whole.test", [](const Question& q) {
    Message message;
    message.rcode = Rcode::NXDOMAIN;
    message.authority.push_back(makeRecord(q.name, SOA()));
    return message;
  });
  answers.add("maybe.test", [](const Question& q) -> std::optional<A> {
    if (q.type != Type::A) return std::nullopt;
    return A("192.0.2.1");
  });
  CHECK(ask(answers, "record.test").lines() == Lines{"record.test. A 192.0.2.1"});
  CHECK(ask(answers, "many.test").answer.answers.size() == 2);
  CHECK(ask(answers, "chain.test").lines() ==
        Lines{"chain.test. CNAME end.test.", "end.test. A 192.0.2.1"});
  CHECK(ask(answers, "none.test").answer.rcode == Rcode::NXDOMAIN);
  CHECK(ask(answers, "empty.test").answer.rcode == Rcode::NOERROR);
  const Told whole = ask(answers, "whole.test");
  CHECK(whole.answer.rcode == Rcode::NXDOMAIN);
  CHECK(whole.answer.authority.size() == 1);
  CHECK_FALSE(whole.answer.authoritative);
  CHECK(ask(answers, "maybe.test").answer.answers.size() == 1);
  const Told passed = ask(answers, "maybe.test", Type::MX);
  CHECK(passed.verdict == Verdict::pass);
}

TEST_CASE("an optional of many things, and of an rcode, are what is in them") {
  NameFunctions answers;
  answers.add("a.test", [] { return std::optional(std::vector{A("192.0.2.1")}); });
  answers.add("b.test", [] { return std::optional(Rcode::REFUSED); });
  CHECK(ask(answers, "a.test").answer.answers.size() == 1);
  CHECK(ask(answers, "b.test").answer.rcode == Rcode::REFUSED);
}

TEST_CASE("a function that passes leaves nothing of its answer behind") {
  NameFunctions answers;
  answers.add("a.test", [](const Question&) { return std::optional<A>(); });
  const AskedQuestion asked("a.test");
  std::string room(512, '\0');
  MessageWriter writer(room);
  asked.begin(writer);
  const std::size_t size = writer.size();
  CHECK(answers.respond(asked.query, writer) == Verdict::pass);
  CHECK(writer.size() == size);
  CHECK_FALSE(writer.flags().authoritative);
}

TEST_CASE("an answer may come later") {
  NameFunctions answers;
  std::optional<Source<std::string>> source;
  answers.add("a.test", [&](const Question&) {
    return source.emplace().deferred().addCallback([](std::string address) { return A(address); });
  });
  auto answer = askLater(answers, "A.test");
  testing::assertNoResult(answer);
  source->callback("192.0.2.9");
  const auto message = testing::successResultOf(answer);
  REQUIRE(message);
  CHECK(message->authoritative);
  CHECK(Told::textOf(message->answers) == Lines{"A.test. A 192.0.2.9"});
}

TEST_CASE("a coroutine answers, and may look at its function and its question to the end") {
  NameFunctions answers;
  constexpr std::string_view kName = "a-name-that-is-long-enough-for-the-heap.test";
  std::optional<Source<void>> go;
  answers.add(kName,
              [&go, text = std::string("said, and long enough for the heap")](
                  const Question& q) -> Deferred<std::vector<TXT>> {
                Deferred<void> wait = go.emplace().deferred();
                co_await std::move(wait);
                std::vector<TXT> both;
                both.emplace_back(text);
                both.emplace_back(toText(q.name));
                co_return both;
              });
  auto answer = askLater(answers, kName, Type::TXT);
  answers.remove(kName);
  go->callback();
  const auto message = testing::successResultOf(answer);
  REQUIRE(message);
  const auto texts = recordsOf<TXT>(message->answers);
  REQUIRE(texts.size() == 2);
  CHECK(texts[0].text() == "said, and long enough for the heap");
  CHECK(texts[1].text() == "a-name-that-is-long-enough-for-the-heap.test.");
}

TEST_CASE("a function that waits may take what is kept of a query, or nothing") {
  NameFunctions answers;
  answers.add("peer.test",
              [](LaterQuery query) -> Deferred<TXT> { co_return TXT(query.peer.host); });
  answers.add("none.test", []() -> Deferred<Rcode> { co_return Rcode::NXDOMAIN; });
  answers.add("pass.test", [](Question) -> Deferred<std::optional<A>> { co_return std::nullopt; });
  answers.add("whole.test", [](Question) -> Deferred<Message> {
    Message message;
    message.recursionAvailable = true;
    co_return message;
  });
  CHECK(resolved(answers, "peer.test", Type::TXT) == Lines{"peer.test. TXT \"192.0.2.1\""});
  CHECK(testing::successResultOf(askLater(answers, "none.test"))->rcode == Rcode::NXDOMAIN);
  CHECK_FALSE(testing::successResultOf(askLater(answers, "pass.test")));
  const auto whole = testing::successResultOf(askLater(answers, "whole.test"));
  CHECK(whole->recursionAvailable);
  CHECK_FALSE(whole->authoritative);
}

TEST_CASE("a later answer, too, has the records that were asked for") {
  NameFunctions answers;
  answers.add("a.test", []() -> Deferred<A> { co_return A("192.0.2.1"); });
  CHECK(resolved(answers, "a.test").size() == 1);
  CHECK(resolved(answers, "a.test", Type::AAAA).empty());
}

TEST_CASE("a function that throws is logged, and the answer is SERVFAIL") {
  const log::testing::Captured logged;
  NameFunctions answers;
  answers.add("a.test", [](const Question&) -> A { throw std::runtime_error("out of addresses"); });
  const Told told = ask(answers, "a.test");
  CHECK(told.answer.rcode == Rcode::SERVFAIL);
  CHECK_FALSE(told.answer.authoritative);
  REQUIRE(logged.events().size() == 1);
  CHECK_THAT(logged.events()[0].message,
             Catch::Contains("a.test. A") && Catch::Contains("out of addresses"));
}

TEST_CASE("a coroutine that throws fails what the server waits for") {
  NameFunctions answers;
  answers.add("a.test", [](Question) -> Deferred<A> {
    throw std::runtime_error("out of addresses");
    co_return A();
  });
  CHECK(testing::failureResultOf(askLater(answers, "a.test")).getErrorMessage() ==
        "out of addresses");
}

TEST_CASE("a wildcard is for all names below that do not exist themselves") {
  NameFunctions answers;
  answers.add("*.build.test", [] { return TXT("wildcard"); });
  answers.add("www.build.test", [] { return TXT("www"); });
  answers.add("deep.down.build.test", [] { return TXT("deep"); });
  const auto text = [&](std::string_view name) {
    const auto records = recordsOf<TXT>(ask(answers, name, Type::TXT).answer.answers);
    return records.empty() ? std::string() : records[0].text();
  };
  CHECK(text("x.build.test") == "wildcard");
  CHECK(text("a.b.c.build.test") == "wildcard");
  CHECK(text("*.build.test") == "wildcard");
  CHECK(text("WWW.Build.test") == "www");
  CHECK(text("deep.down.build.test") == "deep");
  // RFC 4592 §2.2.2 and §3.3.1: these exist, or their nearest name above has no wildcard.
  CHECK(ask(answers, "build.test").verdict == Verdict::exists);
  CHECK(ask(answers, "down.build.test").verdict == Verdict::exists);
  CHECK(ask(answers, "x.down.build.test").verdict == Verdict::pass);
  CHECK(ask(answers, "x.www.build.test").verdict == Verdict::pass);
  CHECK(ask(answers, "x.test").verdict == Verdict::pass);
}

TEST_CASE("a wildcard of everything") {
  NameFunctions answers;
  CHECK(ask(answers, "a.test").verdict == Verdict::pass);
  answers.add("*", [] { return A("192.0.2.1"); });
  CHECK(ask(answers, "a.b.test").lines() == Lines{"a.b.test. A 192.0.2.1"});
  CHECK(ask(answers, ".").verdict == Verdict::exists);
}

TEST_CASE("an asterisk elsewhere than as the first label is refused") {
  NameFunctions answers;
  const auto function = [](const Question&) { return A("192.0.2.1"); };
  for (const char* pattern : {"*.x.*.y", "a.*.test", "*.*", "w*.test", "*w.test", "a.b*"}) {
    CAPTURE(pattern);
    CHECK_THROWS_WITH(answers.add(pattern, function),
                      Catch::Contains("an asterisk stands for names only as"));
  }
  CHECK(ask(answers, "a.test").verdict == Verdict::pass);
  CHECK_NOTHROW(answers.add("*.test", function));
}

TEST_CASE("a name has one function, which can be removed") {
  NameFunctions answers;
  answers.add("*.test", [] { return TXT("wildcard"); });
  answers.add("a.b.test", [] { return TXT("a"); });
  CHECK_THROWS_WITH(answers.add("A.B.test", [] { return A(); }),
                    Catch::Contains("cannot answer for A.B.test."));
  CHECK(ask(answers, "x.b.test", Type::TXT).verdict == Verdict::pass);
  answers.remove("A.b.test");
  answers.remove("never.test");
  CHECK(ask(answers, "x.b.test", Type::TXT).verdict == Verdict::answered);
  CHECK(ask(answers, "a.b.test", Type::TXT).verdict == Verdict::answered);
  answers.remove("*.test");
  CHECK(ask(answers, "a.b.test", Type::TXT).verdict == Verdict::pass);
}

TEST_CASE("a function may remove itself while it answers") {
  NameFunctions answers;
  answers.add("a.test", [&answers, kept = std::string("192.0.2.200")](const Question&) {
    answers.remove("a.test");
    return A(kept);
  });
  CHECK(ask(answers, "a.test").lines() == Lines{"a.test. A 192.0.2.200"});
  CHECK(ask(answers, "a.test").verdict == Verdict::pass);
}

TEST_CASE("records that do not fit are left out together, and TC says so") {
  NameFunctions answers;
  answers.add("a.test", [] { return std::vector<TXT>(10, TXT(std::string(200, 'x'))); });
  const Told told = ask(answers, "a.test", Type::TXT, {.room = 512});
  CHECK(told.answer.truncated);
  CHECK(told.answer.answers.empty());
  CHECK_FALSE(ask(answers, "a.test", Type::TXT, {.room = 4096}).answer.truncated);
}

TEST_CASE(
    "over a zone: NODATA has the zone's SOA, and what is between exists (RFC 2308, RFC 8020)") {
  auto answers = std::make_shared<NameFunctions>();
  answers->add("*.add.example.test", [] { return TXT("sum"); });
  answers->add("a.deep.example.test", [] { return TXT("deep"); });
  answers->add("whole.example.test", [] { return Message(); });
  auto authority = std::make_shared<Authority>();
  authority->put(trial::zoneWith(7, "www A 192.0.2.80\n*.add A 192.0.2.99\n"));
  Chain chain({answers, authority});

  CHECK(ask(chain, "5.add.example.test", Type::TXT).lines() ==
        Lines{"5.add.example.test. TXT \"sum\""});
  for (const char* name : {"5.add.example.test", "deep.example.test"}) {
    const Told told = ask(chain, name, Type::AAAA);
    CHECK(told.verdict == Verdict::answered);
    CHECK(told.answer.rcode == Rcode::NOERROR);
    CHECK(told.answer.authoritative);
    CHECK(told.answer.answers.empty());
    REQUIRE(told.answer.authority.size() == 1);
    CHECK(told.answer.authority[0].type == Type::SOA);
  }
  // The zone's wildcard is for names that nobody else has.
  CHECK(ask(chain, "5.add.example.test", Type::A).verdict == Verdict::nothing);
  CHECK(ask(chain, "whole.example.test", Type::A).answer.authority.empty());
  CHECK(ask(chain, "none.example.test", Type::A).answer.rcode == Rcode::NXDOMAIN);
  CHECK(ask(chain, "www.example.test").lines() == Lines{"www.example.test. A 192.0.2.80"});
}

}  // namespace ropewalk::dns
