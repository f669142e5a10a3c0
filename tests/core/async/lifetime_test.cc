// Lifetime: what an object awaits ends before the object does.
#include "ropewalk/core/async/lifetime.h"

#include <optional>
#include <stdexcept>
#include <string>

#include "ropewalk/core/base/log_capture.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "tests/catch.h"
#include "tests/core/async/unhandled_errors.h"

using namespace ropewalk;
using namespace ropewalk::testing;

TEST_CASE("what is owned runs its callbacks, and is let go when it settles") {
  Lifetime lifetime;
  Source<int> source;
  int seen = 0;
  lifetime.own(source.deferred().addCallback([&](int x) { seen = x; }));
  CHECK(lifetime.size() == 1);
  source.callback(4);
  CHECK(seen == 4);
  CHECK(lifetime.size() == 0);
}

TEST_CASE("the end cancels all that wait, in order, and logs nothing of it") {
  UnhandledErrors unhandled;
  std::string order;
  Source<int> first;
  Source<std::string> second;
  first.onCancel([&](auto&) { order += '1'; });
  second.onCancel([&](auto&) { order += '2'; });
  {
    Lifetime lifetime;
    lifetime.own(first.deferred());
    lifetime.own(second.deferred());
  }
  CHECK(order == "12");
  CHECK(unhandled.count() == 0);
}

TEST_CASE("a failure of what is owned is logged as unhandled, also one that comes at the end") {
  UnhandledErrors unhandled;
  Lifetime lifetime;
  Source<int> fails;
  Source<int> failsAtTheEnd;
  failsAtTheEnd.onCancel([](Source<int>& source) { source.errback(ConnectionLost("at the end")); });
  lifetime.own(fails.deferred());
  lifetime.own(failsAtTheEnd.deferred());
  lifetime.own(fail<int>(ConnectionLost("at once")));
  fails.errback(ConnectionLost("later"));
  lifetime.end();
  CHECK(unhandled.messages() == std::vector<std::string>{"at once", "later", "at the end"});
}

TEST_CASE("a CancelledError before the end is a failure like any other") {
  UnhandledErrors unhandled;
  Lifetime lifetime;
  Source<int> source;
  lifetime.own(source.deferred());
  source.errback(CancelledError("by the producer"));
  CHECK(unhandled.count() == 1);
}

TEST_CASE("after the end, what comes is cancelled at once") {
  UnhandledErrors unhandled;
  Lifetime lifetime;
  lifetime.end();
  CHECK(lifetime.ended());
  Source<int> source;
  lifetime.own(source.deferred());
  CHECK(source.called());
  CHECK(unhandled.count() == 0);
}

TEST_CASE("callbacks that the end runs may own more, which is cancelled too") {
  Lifetime lifetime;
  Source<int> first;
  Source<int> second;
  lifetime.own(
      first.deferred().addBoth([&](const Result<int>&) { lifetime.own(second.deferred()); }));
  lifetime.end();
  CHECK(second.called());
  CHECK(lifetime.size() == 0);
}

TEST_CASE("one whose canceller throws is logged, the others are cancelled all the same") {
  log::testing::Captured captured;
  Lifetime lifetime;
  Source<int> bad;
  Source<int> good;
  bad.onCancel([](auto&) { throw std::runtime_error("will not"); });
  lifetime.own(bad.deferred());
  lifetime.own(good.deferred());
  lifetime.end();
  CHECK(good.called());
  CHECK(captured.contains(log::Level::error, "will not"));
  bad.callback(1);  // it outlives the lifetime, and harms nobody
}

TEST_CASE("a coroutine that is owned may use this: it is ended first") {
  struct Asker {
    explicit Asker(std::string& log) : log(log) {}
    Deferred<void> ask(Deferred<int> answer) {
      try {
        co_await answer;
      } catch (const CancelledError&) {
        log += "cancelled with a live object";
        throw;
      }
    }
    std::string& log;
    Lifetime lifetime;
  };
  std::string log;
  Source<int> source;
  std::optional<Asker> asker(std::in_place, log);
  asker->lifetime.own(asker->ask(source.deferred()));
  asker.reset();
  CHECK(log == "cancelled with a live object");
}
