// Deferred: firing, chains, what callbacks may give. Rules D-01 to D-18.
#include "ropewalk/core/async/deferred.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "ropewalk/core/base/log_capture.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "tests/catch.h"
#include "tests/core/async/unhandled_errors.h"

using namespace ropewalk;
using namespace ropewalk::testing;

namespace {

Failure failed(const char* why) { return Failure(ConnectionLost(why)); }

}  // namespace

TEST_CASE("D-01: called() goes true once; waiting for another Deferred is called, but not ready") {
  Source<int> source;
  Source<int> inner;
  Deferred<int> d = source.deferred();
  d.addCallback([&](int) { return inner.deferred(); });
  CHECK_FALSE(d.called());
  CHECK_FALSE(source.called());
  source.callback(1);
  CHECK(d.called());
  CHECK(source.called());
  CHECK_FALSE(d.ready());
  inner.callback(2);
  CHECK(d.called());
  CHECK(successResultOf(d) == 2);
}

TEST_CASE("D-02: a second callback or errback throws AlreadyCalledError and changes nothing") {
  Source<int> source;
  Deferred<int> d = source.deferred();
  source.callback(1);
  CHECK_THROWS_AS(source.callback(2), AlreadyCalledError);
  CHECK_THROWS_AS(source.errback(failed("late")), AlreadyCalledError);
  CHECK(successResultOf(d) == 1);
}

TEST_CASE("D-02: an error object becomes a Failure") {
  Source<int> source;
  Deferred<int> d = source.deferred();
  source.errback(ConnectionLost("gone"));
  CHECK(failureResultOf<ConnectionLost>(d).getErrorMessage() == "gone");
}

TEST_CASE("D-03: pairs run in the order added, each once, each on what the one before gave") {
  Source<int> source;
  Deferred<int> d = source.deferred();
  std::vector<int> seen;
  d.addCallback([&](int x) { return seen.push_back(x), x + 1; });
  d.addCallback([&](int x) { return seen.push_back(x), x * 10; });
  d.addCallback([&](int x) { return seen.push_back(x), x; });
  source.callback(1);
  CHECK(seen == std::vector<int>{1, 2, 20});
}

TEST_CASE("D-03: what a pair's callback throws does not reach its own errback") {
  bool own = false;
  auto d = succeed(1).addCallbacks([](int) -> int { throw std::runtime_error("oops"); },
                                   [&](const Failure&) { return own = true, 0; });
  CHECK(failureResultOf<std::runtime_error>(d).getErrorMessage() == "oops");
  CHECK_FALSE(own);
}

TEST_CASE("D-04: addCallback passes failures on, addErrback passes values on, addBoth sees both") {
  int calls = 0;
  auto count = [&](auto&) { ++calls; };
  CHECK(successResultOf(succeed(7).addErrback([](const Failure&) { return 0; })) == 7);
  CHECK(failureResultOf(fail<int>(failed("x")).addCallback([](int x) {
          return x;
        })).getErrorMessage() == "x");
  CHECK(successResultOf(succeed(7).addBoth(count)) == 7);
  failureResultOf(fail<int>(failed("x")).addBoth(count));
  CHECK(calls == 2);
}

TEST_CASE("D-04: on a variable every add gives the same Deferred back") {
  Source<int> source;
  Deferred<int> d = source.deferred();
  auto& back = d.addCallback([](int x) { return x; })
                   .addErrback([](const Failure&) { return 0; })
                   .addCallbacks([](int x) { return x; }, [](const Failure&) { return 0; })
                   .addBoth([](auto&) {});
  CHECK(&back == &d);
}

TEST_CASE(
    "D-05: a value goes to the next callback, an exception or a returned Failure to the next "
    "errback") {
  Deferred<std::string> d =
      succeed(1)
          .addCallback([](int) -> Result<int> { return Failure(ConnectionLost("first")); })
          .addErrback([](const Failure& why) -> int {
            CHECK(why.getErrorMessage() == "first");
            throw std::runtime_error("second");
          })
          .addErrback([](const Failure& why) { return why.check<std::runtime_error>() ? 5 : 0; })
          .addCallback([](int x) { return std::to_string(x); });
  CHECK(successResultOf(d) == "5");
}

TEST_CASE("D-05: a callback that gives only a Failure keeps the type") {
  Deferred<int> d = succeed(1).addCallback([](int) { return Failure(ConnectionLost("no")); });
  CHECK(failureResultOf(d).getErrorMessage() == "no");
}

TEST_CASE("D-06: adding to a fired Deferred runs the callback inside the add") {
  Source<int> source;
  Deferred<int> d = source.deferred();
  source.callback(3);
  int seen = 0;
  d.addCallback([&](int x) { seen = x; });
  CHECK(seen == 3);
  Deferred<int> fired = succeed(4);
  fired.addCallback([&](int x) { seen = x; });
  CHECK(seen == 4);
}

TEST_CASE("D-07: a callback added by a callback is run after those that were there: a, b, nested") {
  Source<int> source;
  Deferred<int> d = source.deferred();
  std::string order;
  d.addCallback([&](int) {
    order += 'a';
    d.addCallback([&](int) { order += 'n'; });
    order += '.';
  });
  d.addCallback([&](int) { order += 'b'; });
  source.callback(1);
  CHECK(order == "a.bn");
}

TEST_CASE("D-07: the same on a Deferred that had fired before") {
  Deferred<int> d = succeed(1);
  std::string order;
  d.addCallback([&](int x) {
    order += 'a';
    d.addCallback([&](int y) { order += std::to_string(y); });
    order += '.';
    return x + 1;
  });
  CHECK(order == "a.2");
  CHECK(successResultOf(d) == 2);
}

TEST_CASE("a callback may move its own fired Deferred away, and the result goes along") {
  Deferred<int> d = succeed(1);
  std::optional<Deferred<int>> elsewhere;
  d.addCallback([&](int x) {
    elsewhere.emplace(std::move(d));
    return x + 1;
  });
  CHECK_FALSE(d.valid());
  CHECK(successResultOf(*elsewhere) == 2);
}

TEST_CASE("a callback may destroy its own fired Deferred; a failure is then logged") {
  UnhandledErrors unhandled;
  auto d = std::make_unique<Deferred<int>>(succeed(1));
  d->addCallback([&](int) -> int {
    d.reset();
    throw std::runtime_error("after the end");
  });
  CHECK(unhandled.messages() == std::vector<std::string>{"after the end"});
}

TEST_CASE("a callback may consume its own fired Deferred: the next one gets what it gives") {
  Deferred<int> d = succeed(1);
  std::string seen;
  d.addCallback([&](int x) {
    std::move(d).addCallback([&](int y) { seen = std::to_string(y); });
    return x + 1;
  });
  CHECK(seen == "2");
}

TEST_CASE("D-08: firing is synchronous, also from inside a callback of another Deferred") {
  Source<int> first;
  Source<int> second;
  std::string order;
  Deferred<int> a = first.deferred();
  Deferred<int> b = second.deferred();
  b.addCallback([&](int) { order += 'b'; });
  a.addCallback([&](int) {
    second.callback(1);
    order += 'a';
  });
  first.callback(1);
  CHECK(order == "ba");
}

TEST_CASE("D-10: a returned Deferred that has fired is taken at once") {
  Deferred<std::string> d =
      succeed(2).addCallback([](int x) { return succeed(std::string(x, 'x')); });
  CHECK(successResultOf(d) == "xx");
}

TEST_CASE("D-10: a returned Deferred that has not fired pauses the chain") {
  Source<int> outer;
  Source<int> inner;
  Deferred<int> d = outer.deferred();
  std::vector<int> seen;
  d.addCallback([&](int) { return inner.deferred().addCallback([](int x) { return x + 1; }); });
  d.addCallback([&](int x) { seen.push_back(x); });
  outer.callback(1);
  CHECK(seen.empty());
  inner.callback(10);
  CHECK(seen == std::vector<int>{11});
}

TEST_CASE("D-10: a fired variable whose callback returns an unfired Deferred waits for it") {
  Source<int> inner;
  Deferred<int> d = succeed(1);
  d.addCallback([](int) { return 5; }).addCallback([&inner](int) { return inner.deferred(); });
  assertNoResult(d);
  inner.callback(6);
  CHECK(successResultOf(d) == 6);
}

TEST_CASE("D-11: the inner Deferred's failure belongs to the outer one, and is handled there") {
  UnhandledErrors unhandled;
  Source<int> inner;
  {
    Deferred<int> d = succeed(1).addCallback([&](int) { return inner.deferred(); });
    d.addErrback([](const Failure&) { return 0; });
    inner.errback(failed("inner"));
    CHECK(successResultOf(d) == 0);
  }
  CHECK(unhandled.count() == 0);
}

TEST_CASE("D-13: returning a Deferred from its own callback is a failure of that Deferred") {
  UnhandledErrors unhandled;
  {
    Deferred<int> d = succeed(1);
    d.addCallback([&](int) { return std::move(d); });
    Source<int> source;
    Deferred<int> e = source.deferred();
    e.addCallback([&](int) { return std::move(e); });
    source.callback(1);
  }
  REQUIRE(unhandled.count() == 2);
  CHECK(unhandled.messages().front() ==
        "a callback returned the Deferred that it is a callback of");
}

TEST_CASE("D-14: chainDeferred lets one result fire another Source") {
  Source<int> source;
  Source<int> target;
  Deferred<int> d = target.deferred().addCallback([](int x) { return x + 1; });
  source.deferred().chainDeferred(std::move(target));
  source.callback(1);
  CHECK(successResultOf(d) == 2);
}

TEST_CASE(
    "D-14: a chained failure fires the target's errback, and cancelling the target cancels the "
    "first") {
  Source<int> source;
  Source<int> target;
  Deferred<int> d = target.deferred();
  source.deferred().chainDeferred(std::move(target));
  d.cancel();
  CHECK(source.called());
  failureResultOf<CancelledError>(d);
}

TEST_CASE("D-14: chaining to a Source that was cancelled drops the result") {
  UnhandledErrors unhandled;
  Source<int> target;
  Deferred<int> d = target.deferred();
  d.cancel();
  fail<int>(failed("late")).chainDeferred(std::move(target));
  failureResultOf<CancelledError>(d);
  CHECK(unhandled.count() == 0);
}

template <class T>
concept FiresWithADeferred = requires(Source<T>& source, Deferred<T> d) {
  source.callback(std::move(d));
};

TEST_CASE("D-15: a Deferred is no value to fire a Deferred with") {
  STATIC_REQUIRE_FALSE(FiresWithADeferred<int>);
}

TEST_CASE("D-16: a failure that nobody handled is reported when its last holder goes") {
  UnhandledErrors unhandled;
  {
    Source<int> source;
    Deferred<int> d = source.deferred();
    source.errback(failed("lost"));
    CHECK(unhandled.count() == 0);
  }
  CHECK(unhandled.messages() == std::vector<std::string>{"lost"});
}

TEST_CASE("D-16: the Source does not keep an unhandled failure from being reported") {
  UnhandledErrors unhandled;
  Source<int> source;
  { const Deferred<int> dropped = source.deferred(); }
  source.errback(failed("nobody listens"));
  CHECK(unhandled.count() == 1);
}

TEST_CASE("D-16: an errback, being taken and being looked at by a test all count as handling") {
  UnhandledErrors unhandled;
  {
    fail<int>(failed("a")).addErrback([](const Failure&) { return 1; });
  }
  { (void)failureResultOf(fail<int>(failed("b"))); }
  { (void)fail<int>(failed("c")).takeResult(); }
  {
    fail<int>(failed("d")).addErrback([](const Failure&) {}).addCallback([](int) {});
  }
  CHECK(unhandled.count() == 0);
}

TEST_CASE("D-16: addBoth that gives nothing does not handle a failure") {
  UnhandledErrors unhandled;
  {
    fail<int>(failed("still there")).addBoth([](const Result<int>&) {});
  }
  CHECK(unhandled.count() == 1);
}

TEST_CASE("D-16: without a hook it is logged as critical, with the traceback") {
  log::testing::Captured captured;
  { const Deferred<int> dropped = fail<int>(failed("lost for ever")); }
  CHECK(captured.contains(log::Level::critical,
                          "Unhandled error in Deferred: ConnectionLost: lost for ever\n    at "));
}

TEST_CASE("D-17: in debug mode AlreadyCalledError tells where the Deferred was made and fired") {
  setDebugging(true);
  Source<int> source;
  Deferred<int> d = source.deferred();
  source.callback(1);
  std::string message;
  try {
    source.callback(2);
  } catch (const AlreadyCalledError& error) {
    message = error.what();
  }
  setDebugging(false);
  CHECK(message.find("created at") != std::string::npos);
  CHECK(message.find("fired at") != std::string::npos);
  CHECK(message.find("deferred_test.cc") != std::string::npos);
}

TEST_CASE("D-17: in debug mode the log of an unhandled failure tells it too, down a chain") {
  log::testing::Captured captured;
  setDebugging(true);
  {
    Source<int> source;
    Deferred<std::string> d =
        source.deferred().addCallback([](int x) { return std::to_string(x); });
    source.errback(failed("traced"));
  }
  setDebugging(false);
  CHECK(captured.contains(log::Level::critical, "created at"));
  CHECK(captured.contains(log::Level::critical, "fired at"));
}

TEST_CASE("D-18: succeed, fail and fired have fired already") {
  CHECK(succeed(1).called());
  CHECK(succeed().ready());
  Deferred<int> failedOne = fail<int>(failed("x"));
  CHECK(failedOne.ready());
  failureResultOf(failedOne);
  CHECK(successResultOf(fired(Result<int>(3))) == 3);
}

TEST_CASE("D-18: maybeDeferred takes values, Results, Failures, Deferreds and exceptions") {
  CHECK(successResultOf(maybeDeferred([] { return 1; })) == 1);
  CHECK(successResultOf(maybeDeferred([](int a, int b) { return a + b; }, 1, 2)) == 3);
  CHECK(successResultOf(maybeDeferred([] { return succeed(4); })) == 4);
  successResultOf(maybeDeferred([] {}));
  failureResultOf<ConnectionLost>(maybeDeferred([]() -> Result<int> { return failed("r"); }));
  failureResultOf<std::runtime_error>(
      maybeDeferred([]() -> int { throw std::runtime_error("t"); }));
}

// ---- What callbacks may look like.

TEST_CASE("a callback takes its value by value, const&, &, && or not at all") {
  auto d = succeed(std::string("a"))
               .addCallback([](std::string s) { return s + "b"; })
               .addCallback([](const std::string& s) { return s + "c"; })
               .addCallback([](std::string& s) { return s + "d"; })
               .addCallback([](std::string&& s) { return std::move(s) + "e"; })
               .addCallback([](auto s) { return s + "f"; });
  CHECK(successResultOf(d) == "abcdef");
  CHECK(successResultOf(succeed(1).addCallback([] { return 2; })) == 2);
}

TEST_CASE(
    "a callback that gives nothing leaves the value on a variable, and makes a Deferred<void> of a "
    "temporary") {
  Deferred<std::string> d = succeed(std::string("a"));
  d.addCallback([](std::string& s) { s += 'b'; });
  CHECK(successResultOf(d) == "ab");
  Deferred<void> none = succeed(std::string("a")).addCallback([](const std::string&) {});
  successResultOf(none);
}

TEST_CASE("values that can only be moved travel through a chain") {
  Source<std::unique_ptr<int>> source;
  auto d = source.deferred()
               .addCallback([](std::unique_ptr<int> p) {
                 ++*p;
                 return p;
               })
               .addBoth([](Result<std::unique_ptr<int>>&& r) { return std::move(r); })
               .addBoth([](auto&) {});
  d.addCallback([](std::unique_ptr<int>& p) { ++*p; });
  source.callback(std::make_unique<int>(1));
  CHECK(*successResultOf(d) == 3);
}

TEST_CASE("addCallbacks on a temporary: the callback decides on the type, the errback fits it") {
  auto page = [](bool ok) { return ok ? succeed(1) : fail<int>(failed("x")); };
  auto text = [&](bool ok) {
    return page(ok).addCallbacks([](int x) { return std::to_string(x); },
                                 [](const Failure&) { return "none"; });
  };
  CHECK(successResultOf(text(true)) == "1");
  CHECK(successResultOf(text(false)) == "none");
}

TEST_CASE(
    "an errback that gives nothing recovers where the type is void, else lets the failure go on, "
    "handled") {
  UnhandledErrors unhandled;
  successResultOf(fail<void>(failed("x")).addErrback([](const Failure&) {}));
  successResultOf(fail<int>(failed("x")).addCallbacks([](int) {}, [](const Failure&) {}));
  auto d = fail<int>(failed("y")).addErrback([](Failure) {});
  CHECK(d.result()->failure().getErrorMessage() == "y");
  d = succeed(1);
  CHECK(unhandled.count() == 0);
}

TEST_CASE("an errback may answer with a Deferred") {
  Source<int> second;
  auto d = fail<int>(failed("first")).addErrback([&](const Failure&) { return second.deferred(); });
  assertNoResult(d);
  second.callback(2);
  CHECK(successResultOf(d) == 2);
}

TEST_CASE("a member pointer is a callback") {
  struct Page {
    std::string title;
    std::size_t length() const { return title.size(); }
  };
  CHECK(successResultOf(succeed(Page{"home"}).addCallback(&Page::title)) == "home");
  CHECK(successResultOf(succeed(Page{"home"}).addCallback(&Page::length)) == 4);
}

TEST_CASE(
    "a callback's closure lives until the Deferred that it returned has settled, and no longer") {
  Source<int> inner;
  auto guard = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = guard;
  auto d =
      succeed(1).addCallback([&inner, guard = std::move(guard)](int) { return inner.deferred(); });
  bool aliveBefore = !watch.expired();
  d.addCallback([&](int) { CHECK(watch.expired()); });
  inner.callback(1);
  CHECK(aliveBefore);
  CHECK(watch.expired());
}

TEST_CASE("the same on a variable") {
  Source<int> source;
  Source<int> inner;
  auto guard = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = guard;
  Deferred<int> d = source.deferred();
  d.addCallback([&inner, guard = std::move(guard)](int) { return inner.deferred(); });
  source.callback(1);
  CHECK_FALSE(watch.expired());
  inner.callback(1);
  CHECK(watch.expired());
}

// ---- Source.

TEST_CASE("a Source that goes away unfired fails its Deferred with SourceDroppedError") {
  std::optional<Deferred<int>> d;
  {
    Source<int> source;
    d.emplace(source.deferred());
  }
  failureResultOf<SourceDroppedError>(*d);
}

TEST_CASE("a Source that nobody waits for goes away in silence") {
  UnhandledErrors unhandled;
  { const Source<int> unused; }
  {
    Source<int> source;
    const Deferred<int> dropped = source.deferred();
  }
  {
    Source<int> source;
    (void)source.deferred();
  }
  CHECK(unhandled.count() == 0);
}

TEST_CASE("a Source may fire before its Deferred is asked for") {
  Source<int> source;
  source.callback(1);
  CHECK(successResultOf(source.deferred()) == 1);
}

TEST_CASE("a Deferred has one owner: it can be asked for once") {
  Source<int> source;
  Deferred<int> d = source.deferred();
  CHECK_THROWS_AS(source.deferred(), std::logic_error);
}

TEST_CASE("a callback may destroy the Source that fires it") {
  auto source = std::make_unique<Source<int>>();
  Deferred<int> d = source->deferred();
  d.addCallback([&](int) { source.reset(); });
  source->callback(1);
  CHECK(successResultOf(d) == 1);
}

TEST_CASE("dropping a Deferred cancels nothing: its callbacks still run") {
  Source<int> source;
  bool cancelled = false;
  source.onCancel([&](auto&) { cancelled = true; });
  int seen = 0;
  source.deferred().addCallback([&](int x) { seen = x; });
  source.callback(1);
  CHECK(seen == 1);
  CHECK_FALSE(cancelled);
}
