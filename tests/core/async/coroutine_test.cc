// Coroutines that return a Deferred. Rules I-01 to I-09.
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/testing/clock.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "tests/catch.h"
#include "tests/core/async/unhandled_errors.h"

using namespace ropewalk;
using namespace ropewalk::testing;

namespace {

Deferred<int> addOne(Deferred<int> d) {
  const int x = co_await d;
  co_return x + 1;
}

Deferred<void> record(std::string* log, Deferred<void> first, Deferred<void> second) {
  *log += 'a';
  co_await first;
  *log += 'b';
  co_await std::move(second);
  *log += 'c';
}

}  // namespace

TEST_CASE("I-01: the body runs at the call, up to the first Deferred that has not fired") {
  Source<void> first;
  Source<void> second;
  std::string log;
  Deferred<void> d = record(&log, first.deferred(), second.deferred());
  CHECK(log == "a");
  first.callback();
  CHECK(log == "ab");
  second.callback();
  CHECK(log == "abc");
  successResultOf(d);
}

TEST_CASE("I-02: awaiting fired ones does not suspend, 100,000 times over") {
  auto body = [](int times) -> Deferred<int> {
    int sum = 0;
    for (int i = 0; i < times; ++i) sum += co_await succeed(1);
    co_return sum;
  };
  CHECK(successResultOf(body(100'000)) == 100'000);
}

TEST_CASE("I-03: a failure is thrown where it was awaited, as its own type") {
  auto body = [](Deferred<int> d) -> Deferred<std::string> {
    try {
      co_await d;
      co_return "fine";
    } catch (const ConnectionLost& error) {
      co_return error.what();
    }
  };
  Source<int> source;
  Deferred<std::string> d = body(source.deferred());
  source.errback(ConnectionLost("line cut"));
  CHECK(successResultOf(d) == "line cut");
}

TEST_CASE("I-03: what the body throws fails the Deferred; what passes through keeps its record") {
  Source<int> source;
  Deferred<int> d = addOne(source.deferred());
  const Failure original(ConnectionLost("x"), Where{"origin.cc", "f", 12});
  source.errback(original);
  CHECK(failureResultOf<ConnectionLost>(d).where().line == 12);
  auto thrower = []() -> Deferred<int> {
    throw std::runtime_error("oops");
    co_return 1;
  };
  failureResultOf<std::runtime_error>(thrower());
}

#ifndef __clang__  // which refuses such a text
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wreturn-type"
Deferred<int> endsWithoutValue(Deferred<void> first) { co_await std::move(first); }
#pragma GCC diagnostic pop

TEST_CASE("a coroutine whose text ends without a value fails, and says so") {
  Source<void> first;
  Deferred<int> d = endsWithoutValue(first.deferred());
  first.callback();
  CHECK(failureResultOf(d).getErrorMessage() ==
        "a coroutine ended without a value: a way through it has no co_return");
}
#endif

TEST_CASE("I-03: co_return may give a value, a Failure or a Result") {
  auto body = [](int kind) -> Deferred<std::string> {
    if (kind == 0) co_return "text";
    if (kind == 1) co_return Failure(ConnectionLost("f"));
    co_return Result<std::string>(std::string("result"));
  };
  CHECK(successResultOf(body(0)) == "text");
  failureResultOf<ConnectionLost>(body(1));
  CHECK(successResultOf(body(2)) == "result");
}

template <class T>
concept Awaitable = requires(detail::Promise<int>& promise, T&& value) {
  promise.await_transform(std::forward<T>(value));
};

TEST_CASE("I-04, I-09: only a Deferred can be awaited; anything else does not compile") {
  STATIC_REQUIRE(Awaitable<Deferred<int>>);
  STATIC_REQUIRE(Awaitable<Deferred<void>&>);
  STATIC_REQUIRE_FALSE(Awaitable<int>);
  STATIC_REQUIRE_FALSE(Awaitable<Result<int>>);
}

TEST_CASE("I-05: awaiting consumes the Deferred") {
  Deferred<int> d = succeed(1);
  auto body = [](Deferred<int>* awaited) -> Deferred<int> { co_return co_await *awaited; };
  CHECK(successResultOf(body(&d)) == 1);
  CHECK_FALSE(d.valid());
}

TEST_CASE("I-06: cancelling the outer cancels what it awaits, and the body sees CancelledError") {
  Source<int> source;
  bool asked = false;
  source.onCancel([&](Source<int>&) { asked = true; });
  Deferred<int> d = addOne(source.deferred());
  d.cancel();
  CHECK(asked);
  failureResultOf<CancelledError>(d);
}

TEST_CASE("I-06: an inner that ignores its cancellation lets the body go on") {
  Source<int> source;
  source.onCancel([](Source<int>& s) { s.callback(5); });
  Deferred<int> d = addOne(source.deferred());
  d.cancel();
  CHECK(successResultOf(d) == 6);
}

TEST_CASE(
    "I-06: a body that catches the cancellation may await more, and each cancel hits what is "
    "awaited then") {
  auto body = [](Deferred<int> first, Deferred<int> second) -> Deferred<int> {
    int cancels = 0;
    try {
      co_await first;
    } catch (const CancelledError&) {
      ++cancels;
    }
    try {
      co_await second;
    } catch (const CancelledError&) {
      ++cancels;
    }
    co_return cancels;
  };
  Source<int> first;
  Source<int> second;
  Deferred<int> d = body(first.deferred(), second.deferred());
  d.cancel();
  assertNoResult(d);
  CHECK_FALSE(second.called());
  d.cancel();
  CHECK(successResultOf(d) == 2);
}

TEST_CASE("I-07: cancelling after the end does nothing") {
  Deferred<int> d = addOne(succeed(1));
  d.cancel();
  CHECK(successResultOf(d) == 2);
}

TEST_CASE("I-07: a cancel that comes while the body runs is applied to its next wait") {
  Source<int> first;
  Source<int> second;
  std::optional<Deferred<int>> self;
  auto body = [&](Deferred<int> a, Deferred<int> b) -> Deferred<int> {
    co_await a;
    self->cancel();
    co_await succeed();
    co_return co_await b;
  };
  self.emplace(body(first.deferred(), second.deferred()));
  first.callback(1);
  CHECK(second.called());
  failureResultOf<CancelledError>(*self);
}

TEST_CASE("a capturing coroutine lambda is a legal callback: its closure outlives its frame") {
  Source<int> source;
  auto captured = std::make_shared<std::string>("kept");
  Deferred<std::string> d =
      succeed(1).addCallback([captured, &source](int) -> Deferred<std::string> {
        co_await source.deferred();
        co_return *captured;
      });
  captured.reset();
  source.callback(1);
  CHECK(successResultOf(d) == "kept");
}

TEST_CASE("maybeDeferred keeps a capturing coroutine and its arguments") {
  Source<int> source;
  auto d = maybeDeferred(
      [text = std::string("a long text that does not fit"),
       &source](const std::string& more) -> Deferred<std::string> {
        co_await source.deferred();
        co_return text + more;
      },
      std::string(" into small strings"));
  source.callback(1);
  CHECK(successResultOf(d) == "a long text that does not fit into small strings");
}

TEST_CASE("callbacks may be added to a coroutine's Deferred while it runs and when it has ended") {
  Source<int> source;
  Source<int> more;
  Deferred<int> d = addOne(source.deferred());
  d.addCallback([&](int x) { return more.deferred().addCallback([x](int y) { return x * y; }); });
  source.callback(1);
  assertNoResult(d);
  more.callback(10);
  d.addCallback([](int x) { return x + 1; });
  CHECK(successResultOf(d) == 21);
}

TEST_CASE("a chain of temporaries can be awaited in one expression") {
  testing::Clock clock;
  Source<std::string> source;
  auto body = [&]() -> Deferred<std::size_t> {
    co_return co_await source.deferred().addTimeout(5s, clock).addCallback(
        [](const std::string& s) { return s.size(); });
  };
  Deferred<std::size_t> d = body();
  source.callback("four");
  CHECK(successResultOf(d) == 4);
}

TEST_CASE("a coroutine that is dropped goes on, and its failure is logged") {
  UnhandledErrors unhandled;
  Source<int> source;
  { const Deferred<int> dropped = addOne(source.deferred()); }
  source.errback(ConnectionLost("late"));
  CHECK(unhandled.messages() == std::vector<std::string>{"late"});
}

TEST_CASE("locals of a body whose source went away are destroyed") {
  auto guard = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = guard;
  std::optional<Source<int>> source(std::in_place);
  auto body = [](std::shared_ptr<int> held, Deferred<int> d) -> Deferred<int> {
    const auto copy = held;
    co_return co_await d + *copy;
  };
  std::optional<Deferred<int>> d(body(std::move(guard), source->deferred()));
  source.reset();
  failureResultOf<SourceDroppedError>(*d);
  d.reset();
  CHECK(watch.expired());
}
