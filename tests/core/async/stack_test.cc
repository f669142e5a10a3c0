// Rule D-12: length costs no stack, neither firing, nor cancelling, nor destroying.
#include <memory>
#include <optional>

#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/async/gather.h"
#include "ropewalk/core/async/lock.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "tests/catch.h"

using namespace ropewalk;
using namespace ropewalk::testing;

namespace {

constexpr int kMany = 100'000;

Deferred<int> plusOne(Deferred<int> d) {
  const int x = co_await d;
  co_return x + 1;
}

Deferred<int> chainOf(Source<int>& source, int links) {
  Deferred<int> d = source.deferred();
  for (int i = 0; i < links; ++i) d = std::move(d).addCallback([](int x) { return x + 1; });
  return d;
}

Deferred<int> coroutinesOn(Source<int>& source) {
  Deferred<int> d = source.deferred();
  for (int i = 0; i < kMany; ++i) d = plusOne(std::move(d));
  return d;
}

}  // namespace

TEST_CASE("D-12: 100,000 links fire without recursion") {
  Source<int> source;
  Deferred<int> d = chainOf(source, kMany);
  source.callback(0);
  CHECK(successResultOf(d) == kMany);
}

TEST_CASE("D-12: 100,000 links on a variable") {
  Source<int> source;
  Deferred<int> d = source.deferred();
  for (int i = 0; i < kMany; ++i) d.addCallback([](int x) { return x + 1; });
  source.callback(0);
  CHECK(successResultOf(d) == kMany);
}

TEST_CASE("D-12: 100,000 Deferreds, each returned by a callback of the next") {
  Source<int> source;
  Deferred<int> d = source.deferred();
  for (int i = 0; i < kMany; ++i) {
    d = succeed(1).addCallback([inner = std::move(d)](int) mutable { return std::move(inner); });
  }
  source.callback(7);
  CHECK(successResultOf(d) == 7);
}

TEST_CASE("D-12: 100,000 fired Deferreds nested in one another") {
  Deferred<int> d = succeed(0);
  for (int i = 0; i < kMany; ++i) {
    d = succeed(1).addCallback([inner = std::move(d)](int) mutable { return std::move(inner); });
  }
  CHECK(successResultOf(d) == 0);
}

TEST_CASE("D-12: 100,000 coroutines that await one another") {
  Source<int> source;
  Deferred<int> d = coroutinesOn(source);
  source.callback(0);
  CHECK(successResultOf(d) == kMany);
}

TEST_CASE("D-12: cancelling 100,000 links") {
  Source<int> source;
  Deferred<int> d = chainOf(source, kMany);
  d.cancel();
  failureResultOf<CancelledError>(d);
}

TEST_CASE("D-12: cancelling 100,000 coroutines") {
  Source<int> source;
  Deferred<int> d = coroutinesOn(source);
  d.cancel();
  failureResultOf<CancelledError>(d);
}

TEST_CASE("D-12: destroying 100,000 links that never fired") {
  std::optional<Source<int>> source(std::in_place);
  Deferred<int> d = chainOf(*source, kMany);
  source.reset();
  failureResultOf<SourceDroppedError>(d);
}

TEST_CASE("D-12: 100,000 chained Sources") {
  Source<int> first;
  Deferred<int> d = first.deferred();
  for (int i = 0; i < kMany; ++i) {
    Source<int> next;
    Deferred<int> after = next.deferred();
    std::move(d).chainDeferred(std::move(next));
    d = std::move(after);
  }
  first.callback(3);
  CHECK(successResultOf(d) == 3);
}

TEST_CASE("D-12: 100,000 gatherings, each of the one before") {
  Source<void> source;
  Deferred<void> d = source.deferred();
  for (int i = 0; i < kMany; ++i) d = gatherResults(std::move(d), succeed());
  source.callback();
  successResultOf(d);
}

TEST_CASE("D-12: 100,000 waiters of one lock, each of which gives it back at once") {
  DeferredLock lock;
  int ran = 0;
  {
    const auto token = std::move(*lock.acquire().takeResult());
    for (int i = 0; i < kMany; ++i) lock.run([&] { ++ran; }).addBoth([](auto&) {});
    CHECK(ran == 0);
  }
  CHECK(ran == kMany);
  CHECK_FALSE(lock.locked());
}
