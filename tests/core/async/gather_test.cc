// gatherResults, DeferredList, race. Rules D-30 to D-35.
#include "ropewalk/core/async/gather.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "ropewalk/core/base/log_capture.h"
#include "ropewalk/core/testing/clock.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "tests/catch.h"
#include "tests/core/async/unhandled_errors.h"

using namespace ropewalk;
using namespace ropewalk::testing;

namespace {

/// Three Sources and the Deferreds of them.
struct Three {
  Source<int> sources[3];
  std::vector<Deferred<int>> deferreds;
  Three() {
    for (auto& source : sources) deferreds.push_back(source.deferred());
  }
  Source<int>& operator[](std::size_t i) { return sources[i]; }
};

Failure failed(const char* why) { return Failure(ConnectionLost(why)); }

}  // namespace

TEST_CASE(
    "D-30: DeferredList gives all results in the order of its members, when the last has come") {
  Three three;
  DeferredList list(std::move(three.deferreds));
  three[2].callback(3);
  three[0].errback(failed("first"));
  assertNoResult(list);
  three[1].callback(2);
  const std::vector<Result<int>> results = successResultOf(list);
  REQUIRE(results.size() == 3);
  CHECK(results[0].failure().getErrorMessage() == "first");
  CHECK(*results[1] == 2);
  CHECK(*results[2] == 3);
}

TEST_CASE("D-30: an empty list fires at once") {
  DeferredList list{std::vector<Deferred<int>>()};
  CHECK(successResultOf(list).empty());
  CHECK(successResultOf(gatherResults(std::vector<Deferred<int>>())).empty());
  successResultOf(gatherResults(std::vector<Deferred<void>>()));
}

TEST_CASE("D-31: fireOnOneErrback fails with FirstError, index and failure, at the first failure") {
  Three three;
  DeferredList list(std::move(three.deferreds), DeferredListOptions().fireOnOneErrback(true));
  three[1].errback(failed("second"));
  const Failure why = failureResultOf<FirstError>(list);
  CHECK(why.check<FirstError>()->index() == 1);
  CHECK(why.check<FirstError>()->subFailure().check<ConnectionLost>());
  CHECK_NOTHROW(three[0].callback(1));
  CHECK_NOTHROW(three[2].callback(3));
}

TEST_CASE("D-32: a failure in the list counts as handled") {
  UnhandledErrors unhandled;
  {
    Three three;
    DeferredList list(std::move(three.deferreds));
    for (auto& source : three.sources) source.errback(failed("x"));
    CHECK(successResultOf(list).size() == 3);
  }
  CHECK(unhandled.count() == 0);
}

TEST_CASE("D-32: a failure after the first is logged, unless consumeErrors is set") {
  for (const bool consume : {false, true}) {
    UnhandledErrors unhandled;
    Three three;
    auto all = gatherResults(std::move(three.deferreds), GatherOptions().consumeErrors(consume));
    three[0].errback(failed("first"));
    three[1].errback(failed("second"));
    failureResultOf<FirstError>(all);
    CHECK(unhandled.count() == (consume ? 0 : 1));
  }
}

TEST_CASE("D-33: cancelling a list cancels every member; the list fires when they do") {
  Three three;
  three[1].onCancel([](Source<int>& source) { source.callback(7); });
  DeferredList list(std::move(three.deferreds));
  list.cancel();
  const auto results = successResultOf(list);
  CHECK(results[0].failure().check<CancelledError>());
  CHECK(*results[1] == 7);
  CHECK(results[2].failure().check<CancelledError>());
}

TEST_CASE("D-33: a list whose member ignores its cancellation waits for it") {
  Source<int> outer;
  Source<int> stubborn;
  std::vector<Deferred<int>> members;
  members.push_back(outer.deferred());
  Deferred<int> waits = succeed(1).addCallback([&](int) { return stubborn.deferred(); });
  stubborn.onCancel([](Source<int>&) { throw std::runtime_error("no"); });
  members.push_back(std::move(waits));
  DeferredList list(std::move(members));
  log::testing::Captured captured;
  list.cancel();
  CHECK(captured.contains(log::Level::error, "runtime_error: no"));
  assertNoResult(list);
  stubborn.callback(2);
  CHECK(*successResultOf(list)[1] == 2);
}

TEST_CASE("D-34: gatherResults gives the values, in order") {
  Three three;
  auto all = gatherResults(std::move(three.deferreds));
  three[2].callback(3);
  three[1].callback(2);
  three[0].callback(1);
  CHECK(successResultOf(all) == std::vector<int>{1, 2, 3});
}

TEST_CASE("D-34: named one by one: a vector of one type, a tuple of several, nothing of void") {
  CHECK(successResultOf(gatherResults(succeed(1), succeed(2))) == std::vector<int>{1, 2});
  const auto [number, text, nothing] =
      successResultOf(gatherResults(succeed(1), succeed(std::string("two")), succeed()));
  CHECK(number == 1);
  CHECK(text == "two");
  CHECK(nothing == Unit{});
  successResultOf(gatherResults(succeed(), succeed()));
}

TEST_CASE("D-34: different types wait for one another, and fail with FirstError") {
  Source<int> number;
  Source<std::string> text;
  auto both = gatherResults(number.deferred(), text.deferred());
  number.callback(1);
  assertNoResult(both);
  text.errback(failed("x"));
  CHECK(failureResultOf(both).check<FirstError>()->index() == 1);
}

TEST_CASE("D-34: values that can only be moved are gathered") {
  auto all = gatherResults(succeed(std::make_unique<int>(1)), succeed(std::make_unique<int>(2)));
  CHECK(*successResultOf(all)[1] == 2);
}

TEST_CASE("D-34: cancelling cancels all, logs nothing, and gives CancelledError itself") {
  UnhandledErrors unhandled;
  Three three;
  auto all = gatherResults(std::move(three.deferreds));
  all.cancel();
  for (auto& source : three.sources) CHECK(source.called());
  failureResultOf<CancelledError>(all);
  CHECK(unhandled.count() == 0);
}

TEST_CASE("D-34: a time-out works on a gathering") {
  testing::Clock clock;
  Source<int> number;
  Source<std::string> text;
  auto both = gatherResults(number.deferred(), text.deferred()).addTimeout(5s, clock);
  clock.advance(5s);
  failureResultOf<TimeoutError>(both);
  CHECK(number.called());
  CHECK(text.called());
}

TEST_CASE("D-35: race gives the first value and its index, and cancels the others") {
  UnhandledErrors unhandled;
  Three three;
  auto winner = race(std::move(three.deferreds));
  three[0].errback(failed("slow start"));
  three[2].callback(3);
  CHECK(three[1].called());
  const auto [index, value] = successResultOf(winner);
  CHECK(index == 2);
  CHECK(value == 3);
  CHECK(unhandled.count() == 0);
}

TEST_CASE("D-35: a runner that has fired already wins at once") {
  Source<int> source;
  auto winner = race(source.deferred(), succeed(5));
  CHECK(source.called());
  CHECK(successResultOf(winner) == std::pair<std::size_t, int>(1, 5));
}

TEST_CASE("D-35: when all fail, FailureGroup has the failures in the order of the arguments") {
  Three three;
  auto winner = race(std::move(three.deferreds));
  three[2].errback(failed("c"));
  three[0].errback(failed("a"));
  three[1].errback(failed("b"));
  const Failure why = failureResultOf<FailureGroup>(winner);
  std::string messages;
  for (const Failure& failure : why.check<FailureGroup>()->failures())
    messages += failure.getErrorMessage();
  CHECK(messages == "abc");
}

TEST_CASE("D-35: cancelling a race cancels all, a race of none is an error") {
  Three three;
  auto winner = race(std::move(three.deferreds));
  winner.cancel();
  for (auto& source : three.sources) CHECK(source.called());
  failureResultOf<CancelledError>(winner);
  failureResultOf<std::invalid_argument>(race(std::vector<Deferred<int>>()));
}

TEST_CASE("gatherings are awaited like any Deferred") {
  auto body = [](Deferred<int> a, Deferred<std::string> b) -> Deferred<std::string> {
    auto [number, text] = co_await gatherResults(std::move(a), std::move(b));
    co_return text + std::to_string(number);
  };
  Source<int> number;
  Deferred<std::string> d = body(number.deferred(), succeed(std::string("n")));
  number.callback(4);
  CHECK(successResultOf(d) == "n4");
}

TEST_CASE("a gathering that was dropped lives until its last member has settled") {
  auto three = std::make_unique<Three>();
  { const auto dropped = gatherResults(std::move(three->deferreds)); }
  (*three)[0].callback(1);
  (*three)[1].callback(2);
  CHECK_NOTHROW((*three)[2].callback(3));
}
