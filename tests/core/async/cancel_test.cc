// Cancelling and time-outs. Rules D-20 to D-25.
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/testing/clock.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "tests/catch.h"
#include "tests/core/async/unhandled_errors.h"

using namespace ropewalk;
using namespace ropewalk::testing;
using FakeClock = ropewalk::testing::Clock;

TEST_CASE(
    "D-20: without a canceller, CancelledError comes at once and the producer's next firing is "
    "swallowed") {
  Source<int> source;
  Deferred<int> d = source.deferred();
  d.cancel();
  failureResultOf<CancelledError>(d);
  CHECK_NOTHROW(source.callback(1));
  CHECK_THROWS_AS(source.callback(2), AlreadyCalledError);
}

TEST_CASE("D-20: a swallowed errback is not logged") {
  UnhandledErrors unhandled;
  Source<int> source;
  Deferred<int> d = source.deferred();
  d.cancel();
  failureResultOf<CancelledError>(d);
  source.errback(ConnectionLost("late"));
  CHECK(unhandled.count() == 0);
}

TEST_CASE("D-21: a canceller that fires decides on the result") {
  Source<int> source;
  source.onCancel([](Source<int>& s) { s.callback(42); });
  Deferred<int> d = source.deferred();
  d.cancel();
  CHECK(successResultOf(d) == 42);
}

TEST_CASE("D-21: a canceller that fires nothing gives CancelledError, and later firing throws") {
  Source<int> source;
  int cancelled = 0;
  source.onCancel([&](Source<int>&) { ++cancelled; });
  Deferred<int> d = source.deferred();
  d.cancel();
  d.cancel();
  CHECK(cancelled == 1);
  failureResultOf<CancelledError>(d);
  CHECK_THROWS_AS(source.callback(1), AlreadyCalledError);
}

TEST_CASE("D-21: cancelling again inside the canceller does nothing") {
  Source<int> source;
  Deferred<int> d = source.deferred();
  int cancelled = 0;
  source.onCancel([&](Source<int>&) {
    ++cancelled;
    d.cancel();
  });
  d.cancel();
  CHECK(cancelled == 1);
  failureResultOf<CancelledError>(d);
}

TEST_CASE("D-21: a canceller may destroy the producer") {
  auto source = std::make_unique<Source<int>>();
  Deferred<int> d = source->deferred();
  source->onCancel([&](Source<int>&) { source.reset(); });
  d.cancel();
  failureResultOf<CancelledError>(d);
}

TEST_CASE("D-21: a canceller that drops the Source may still fire, or throw") {
  auto source = std::make_unique<Source<int>>();
  Deferred<int> fired = source->deferred();
  source->onCancel([&](Source<int>& s) {
    source.reset();
    s.callback(7);
  });
  fired.cancel();
  CHECK(successResultOf(fired) == 7);

  source = std::make_unique<Source<int>>();
  Deferred<int> thrown = source->deferred();
  source->onCancel([&](Source<int>&) {
    source.reset();
    throw std::runtime_error("not now");
  });
  CHECK_THROWS_AS(thrown.cancel(), std::runtime_error);
  failureResultOf<CancelledError>(thrown);  // who could try again is gone
}

TEST_CASE("D-21: a canceller that needs no Source takes nothing") {
  Source<int> source;
  int cancelled = 0;
  source.onCancel([&cancelled] { ++cancelled; });
  Deferred<int> d = source.deferred();
  d.cancel();
  CHECK(cancelled == 1);
  failureResultOf<CancelledError>(d);
}

TEST_CASE("D-24: a producer that drops its Source when it is cancelled has timed out") {
  FakeClock clock;
  std::optional<Source<int>> source(std::in_place);
  source->onCancel([&] { source.reset(); });
  Deferred<int> d = source->deferred().addTimeout(1s, clock);
  clock.advance(1s);
  failureResultOf<TimeoutError>(d);
}

TEST_CASE(
    "a callback of addBoth that gives nothing has seen a cancellation, but no other failure") {
  UnhandledErrors unhandled;
  {
    Source<int> source;
    Deferred<int> d = source.deferred().addBoth([] {});
    d.cancel();
  }
  CHECK(unhandled.count() == 0);
  {
    Source<int> source;
    Deferred<int> d = source.deferred();
    d.addBoth([](const Result<int>&) {});
    source.errback(ConnectionLost("gone"));
  }
  CHECK(unhandled.messages() == std::vector<std::string>{"gone"});
}

TEST_CASE("D-22: while it waits for an inner Deferred, that one is cancelled, transitively") {
  Source<int> outer;
  Source<int> middle;
  Source<int> inner;
  Deferred<int> d = outer.deferred().addCallback(
      [&](int) { return middle.deferred().addCallback([&](int) { return inner.deferred(); }); });
  outer.callback(1);
  middle.callback(1);
  bool asked = false;
  inner.onCancel([&](Source<int>& s) {
    asked = true;
    s.callback(9);
  });
  d.cancel();
  CHECK(asked);
  CHECK(successResultOf(d) == 9);
}

TEST_CASE("D-22: cancelling a chain cancels its source; the errbacks on the way see it") {
  Source<int> source;
  bool seen = false;
  auto d = source.deferred()
               .addCallback([](int x) { return std::to_string(x); })
               .addErrback([&](const Failure& why) -> std::string {
                 seen = why.check<CancelledError>() != nullptr;
                 why.raise();
               });
  d.cancel();
  CHECK(seen);
  failureResultOf<CancelledError>(d);
}

TEST_CASE("D-22: cancelling after a plain result does nothing, and the canceller is gone") {
  Source<int> source;
  auto owned = std::make_shared<int>();
  const std::weak_ptr<int> watch = owned;
  source.onCancel([owned = std::move(owned)](auto&) { FAIL("called after firing"); });
  Deferred<int> d = source.deferred();
  source.callback(1);
  CHECK(watch.expired());
  d.cancel();
  CHECK(successResultOf(d) == 1);
}

TEST_CASE("D-22: cancelling inside its own callback does nothing") {
  Source<int> source;
  Deferred<int> d = source.deferred();
  d.addCallback([&](int) { d.cancel(); });
  source.callback(1);
  CHECK(successResultOf(d) == 1);
}

TEST_CASE(
    "D-23: what the canceller throws comes out of cancel(), and cancelling can be tried again") {
  Source<int> source;
  Deferred<int> d = source.deferred();
  int calls = 0;
  source.onCancel([&](Source<int>&) {
    if (++calls == 1) throw std::runtime_error("not now");
  });
  CHECK_THROWS_AS(d.cancel(), std::runtime_error);
  assertNoResult(d);
  d.cancel();
  failureResultOf<CancelledError>(d);
}

TEST_CASE("D-24: addTimeout cancels in time and turns CancelledError into TimeoutError") {
  FakeClock clock;
  Source<int> source;
  auto reply = source.deferred().addTimeout(30s, clock);
  clock.advance(29s);
  assertNoResult(reply);
  clock.advance(1s);
  CHECK(failureResultOf(reply).check<TimeoutError>());
  CHECK(source.called());
}

TEST_CASE("D-24: the message says how long, the cause is the cancellation") {
  FakeClock clock;
  Source<int> source;
  auto reply = source.deferred().addTimeout(1500ms, clock);
  clock.advance(2s);
  const Failure why = failureResultOf(reply);
  CHECK(why.getErrorMessage() == "timed out after 1.5 s");
  CHECK(why.getTraceback().find("caused by CancelledError") != std::string::npos);
}

TEST_CASE("D-24: an earlier result cancels the timer") {
  FakeClock clock;
  Source<int> source;
  Deferred<int> d = source.deferred();
  d.addTimeout(5s, clock);
  source.callback(1);
  CHECK(clock.getDelayedCalls() == 0);
  CHECK(successResultOf(d) == 1);
}

TEST_CASE("D-24: a Deferred that has fired needs no timer") {
  FakeClock clock;
  auto d = succeed(1).addTimeout(5s, clock);
  CHECK(clock.getDelayedCalls() == 0);
  CHECK(successResultOf(d) == 1);
}

TEST_CASE("D-24: a cancellation by somebody else stays CancelledError") {
  FakeClock clock;
  Source<int> source;
  auto d = source.deferred().addTimeout(5s, clock);
  d.cancel();
  failureResultOf<CancelledError>(d);
  CHECK(clock.getDelayedCalls() == 0);
}

TEST_CASE("D-24: a canceller that rescues the value is believed") {
  FakeClock clock;
  Source<int> source;
  source.onCancel([](Source<int>& s) { s.callback(7); });
  auto d = source.deferred().addTimeout(5s, clock);
  clock.advance(5s);
  CHECK(successResultOf(d) == 7);
}

TEST_CASE("D-24: onTimeoutCancel decides what comes of it") {
  FakeClock clock;
  Source<int> source;
  auto d = source.deferred().addTimeout(5s, clock,
                                        [](Result<int> result, Duration after) -> Result<int> {
                                          CHECK(result.failure().check<CancelledError>());
                                          CHECK(after == 5s);
                                          return -1;
                                        });
  clock.advance(5s);
  CHECK(successResultOf(d) == -1);
}

TEST_CASE("D-24: the conversion sits where addTimeout was called") {
  FakeClock clock;
  Source<int> source;
  std::string before;
  std::string after;
  auto d = source.deferred()
               .addErrback([&](const Failure& why) { before = why.kind(); })
               .addTimeout(1s, clock)
               .addErrback([&](const Failure& why) { after = why.kind(); });
  clock.advance(1s);
  CHECK(before == "CancelledError");
  CHECK(after == "TimeoutError");
}

TEST_CASE("D-24: callbacks added behind a time-out are outside of it") {
  FakeClock clock;
  Source<int> source;
  Source<int> slow;
  Deferred<int> d = source.deferred();
  d.addTimeout(1s, clock).addCallback([&](int) { return slow.deferred(); });
  source.callback(1);
  clock.advance(10s);
  assertNoResult(d);
  slow.callback(2);
  CHECK(successResultOf(d) == 2);
}

TEST_CASE("D-24: a clock that goes away takes its time-outs along") {
  Source<int> source;
  auto clock = std::make_unique<FakeClock>();
  auto d = source.deferred().addTimeout(1s, *clock);
  clock.reset();
  source.callback(1);
  CHECK(successResultOf(d) == 1);
}

TEST_CASE("D-25: a producer that cannot be stopped delivers into the void") {
  Source<int> work;  // as deferToThread's: no canceller
  int seen = 0;
  auto d = work.deferred().addCallback([&](int x) { return seen = x; });
  d.cancel();
  failureResultOf<CancelledError>(d);
  work.callback(1);
  CHECK(seen == 0);
}
