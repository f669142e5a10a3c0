// Split horizon, access lists, and chains within the chain.
#include "ropewalk/servers/dns/guard/view.h"

#include <stdexcept>

#include "ropewalk/core/testing/deferred_results.h"
#include "tests/servers/dns/asking.h"

namespace ropewalk::dns {

namespace {

/// Answers everything with one address, or does something else.
struct Fixed final : Responder {
  explicit Fixed(std::string address) : address(std::move(address)) {}
  explicit Fixed(Verdict verdict) : verdict(verdict) {}

  Verdict respond(const Query& query, MessageWriter& answer) override {
    ++asked;
    if (verdict != Verdict::answered) return verdict;
    answer.record(Section::answer, query.view.name(), Type::A, Class::IN, 60, A(address).data());
    return verdict;
  }
  Deferred<std::optional<Message>> resolve(LaterQuery query) override {
    resolved.push_back(query);
    return succeed(std::exchange(later, std::nullopt));
  }

  std::string address;
  Verdict verdict = Verdict::answered;
  std::optional<Message> later;
  std::vector<LaterQuery> resolved;
  int asked = 0;
};

std::shared_ptr<Fixed> fixed(std::string_view address) {
  return std::make_shared<Fixed>(std::string(address));
}
std::shared_ptr<Fixed> fixed(Verdict verdict) { return std::make_shared<Fixed>(verdict); }

std::string addressFor(Responder& responder, std::string peer) {
  const Told told = ask(responder, "a.test", Type::A, {.peer = std::move(peer)});
  const auto records = recordsOf<A>(told.answer.answers);
  return records.empty() ? "" : records[0].address;
}

}  // namespace

TEST_CASE("each client sees the first view that holds it") {
  Views views;
  views.add({"10.0.0.0/8"}, {fixed("10.0.0.1")});
  views.add({"10.0.0.0/8", "2001:db8::/32"}, {fixed("192.0.2.6")});
  views.add({"any"}, {fixed("192.0.2.1")});
  CHECK(addressFor(views, "10.1.2.3") == "10.0.0.1");
  CHECK(addressFor(views, "2001:db8::1") == "192.0.2.6");
  CHECK(addressFor(views, "203.0.113.5") == "192.0.2.1");
}

TEST_CASE("who is in no view, and what a view passes, is passed on") {
  Views views;
  views.add({"10.0.0.0/8"}, {fixed(Verdict::pass)});
  views.add({"any"}, {fixed("192.0.2.1")});
  CHECK(ask(views, "a.test", Type::A, {.peer = "10.0.0.1"}).verdict == Verdict::pass);
  Views inside;
  inside.add({"10.0.0.0/8"}, {fixed("10.0.0.1")});
  CHECK(ask(inside, "a.test").verdict == Verdict::pass);
  CHECK(ask(inside, "a.test", Type::A, {.peer = ""}).verdict == Verdict::pass);
}

TEST_CASE("the responders of a view are asked in turn") {
  const auto first = fixed(Verdict::pass), second = fixed("192.0.2.2"), third = fixed("192.0.2.3");
  Views views;
  views.add({"any"}, {first, second, third});
  CHECK(addressFor(views, "192.0.2.1") == "192.0.2.2");
  CHECK(first->asked == 1);
  CHECK(third->asked == 0);
}

TEST_CASE("an answer that comes later is asked for in the view of the client") {
  const auto inside = fixed(Verdict::later), outside = fixed(Verdict::later);
  outside->later.emplace().rcode = Rcode::NXDOMAIN;
  Views views;
  views.add({"10.0.0.0/8"}, {inside});
  views.add({"any"}, {outside});
  auto answer = testing::successResultOf(askLater(views, "A.test", Type::MX));
  REQUIRE(answer);
  CHECK(answer->rcode == Rcode::NXDOMAIN);
  CHECK(inside->asked == 0);
  REQUIRE(outside->resolved.size() == 1);
  CHECK(toText(outside->resolved[0].question) == "A.test. MX");
  CHECK(outside->resolved[0].peer.host == "192.0.2.1");
}

TEST_CASE("one that passes later makes way for the next") {
  const auto first = fixed(Verdict::later), second = fixed("192.0.2.2");
  Chain chain({first, second});
  const auto answer = testing::successResultOf(askLater(chain, "a.test"));
  REQUIRE(answer);
  CHECK(Told::textOf(answer->answers) == std::vector<std::string>{"a.test. A 192.0.2.2"});

  Chain alone({fixed(Verdict::later)});
  CHECK_FALSE(testing::successResultOf(askLater(alone, "a.test")));
}

TEST_CASE("an access list refuses whom it does not hold, and lets the others pass") {
  AccessList list({"10.0.0.0/8"});
  CHECK(ask(list, "a.test", Type::A, {.peer = "10.0.0.1"}).verdict == Verdict::pass);
  const Told told = ask(list, "a.test");
  CHECK(told.verdict == Verdict::answered);
  CHECK(told.answer.rcode == Rcode::REFUSED);
  list.allow({"any"});
  CHECK(ask(list, "a.test").verdict == Verdict::pass);
}

TEST_CASE("an access list may keep silent") {
  AccessList list({"none"}, AccessList::Denied::silence);
  CHECK(ask(list, "a.test").verdict == Verdict::silence);
}

}  // namespace ropewalk::dns
