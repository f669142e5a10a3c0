// AsyncFunction and spawn: what a coroutine captures lives until it has ended. Most of these mean
// something under AddressSanitizer only.
#include "ropewalk/core/async/async_function.h"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "ropewalk/core/async/cooperator.h"
#include "ropewalk/core/async/spawn.h"
#include "ropewalk/core/async/task.h"
#include "ropewalk/core/testing/clock.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "tests/catch.h"
#include "tests/core/async/unhandled_errors.h"

using namespace ropewalk;
using namespace ropewalk::testing;
using FakeClock = ropewalk::testing::Clock;

namespace {

/// A coroutine lambda that captures, waits, and then writes what it captured.
auto writer(FakeClock& clock, std::vector<std::string>& out, std::weak_ptr<int>* watch = nullptr) {
  auto guard = std::make_shared<int>(1);
  if (watch != nullptr) *watch = guard;
  return
      [&clock, &out, guard = std::move(guard),
       word = std::string("captured, and too long for a string's own room")]() -> Deferred<void> {
        co_await deferLater(clock, 1s);
        out.push_back(word);
      };
}

const std::vector<std::string> kWritten{"captured, and too long for a string's own room"};

}  // namespace

TEST_CASE("an AsyncFunction lives until what it gave has fired, and no longer") {
  FakeClock clock;
  std::vector<std::string> out;
  std::weak_ptr<int> watch;
  {
    AsyncFunction<Deferred<void>()> f = writer(clock, out, &watch);
    Deferred<void> dropped = f();
  }
  CHECK_FALSE(watch.expired());
  clock.advance(1s);
  CHECK(out == kWritten);
  CHECK(watch.expired());
}

TEST_CASE("an AsyncFunction may destroy itself while it runs, and copies share the callable") {
  FakeClock clock;
  std::vector<std::string> out;
  AsyncFunction<Deferred<void>()> f;
  f = [&, inner = writer(clock, out)]() mutable -> Deferred<void> {
    f = {};
    return inner();
  };
  const AsyncFunction<Deferred<void>()> copy = f;
  Deferred<void> d = copy();
  CHECK_FALSE(f);
  clock.advance(1s);
  successResultOf(d);
  CHECK(out == kWritten);
}

TEST_CASE("what an AsyncFunction holds may give a value, a Result, a Deferred, or throw") {
  using Ask = AsyncFunction<Deferred<int>(int)>;
  CHECK(successResultOf(Ask([](int x) { return x + 1; })(1)) == 2);
  CHECK(successResultOf(Ask([](int x) { return Result<int>(x); })(3)) == 3);
  CHECK(successResultOf(Ask([](int x) { return succeed(x); })(4)) == 4);
  failureResultOf<std::runtime_error>(Ask([](int) -> int { throw std::runtime_error("no"); })(1));
  successResultOf(AsyncFunction<Deferred<void>()>([] {})());
}

TEST_CASE("cancelling what an AsyncFunction gave reaches the coroutine") {
  FakeClock clock;
  std::vector<std::string> out;
  const AsyncFunction<Deferred<void>()> f = writer(clock, out);
  Deferred<void> d = f();
  d.cancel();
  failureResultOf<CancelledError>(d);
}

TEST_CASE("spawn keeps the function and its arguments until it has ended") {
  FakeClock clock;
  std::vector<std::string> out;
  clock.callLater(1s, [&] { spawn(writer(clock, out)); });
  spawn(
      [&out, &clock](const std::string& word) -> Deferred<void> {
        co_await deferLater(clock, 3s);
        out.push_back(word);
      },
      std::string("an argument that is too long for a string's own room"));
  clock.advance(1s);
  clock.advance(1s);
  CHECK(out == kWritten);
  clock.advance(1s);
  CHECK(out.size() == 2);
}

TEST_CASE("what fails in spawn is reported") {
  UnhandledErrors unhandled;
  FakeClock clock;
  spawn([&clock]() -> Deferred<int> {
    co_await deferLater(clock, 1s);
    throw std::runtime_error("later");
  });
  spawn([] { throw std::runtime_error("at once"); });
  clock.advance(1s);
  CHECK(unhandled.messages() == std::vector<std::string>{"at once", "later"});
}

TEST_CASE("a step of a task that stops its task lives until it has ended") {
  FakeClock clock;
  std::vector<std::string> out;
  std::weak_ptr<int> watch;
  auto cooperator = std::make_unique<Cooperator>(clock);
  {
    std::optional<CooperativeTask> task;
    auto step = [&, inner = writer(clock, out, &watch)]() mutable -> Deferred<void> {
      task->stop();
      return inner();
    };
    task.emplace(cooperator->cooperate(std::move(step)));
    task->whenDone().addErrback([](const Failure&) {});
    clock.advance(0s);
  }
  cooperator.reset();
  clock.advance(1s);
  CHECK(out == kWritten);
  CHECK(watch.expired());
}

TEST_CASE("deferLater needs no clock: it takes the thread's reactor") {
  Deferred<int> d = deferLater(1h, [] { return 1; });
  d.cancel();
  failureResultOf<CancelledError>(d);
}
