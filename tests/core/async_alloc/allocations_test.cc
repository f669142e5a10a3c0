// What Deferreds cost, counted: a fired chain allocates nothing, an unfired one a pooled block for
// each link.
#include <optional>
#include <thread>

#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/async/pool.h"
#include "tests/catch.h"
#include "tests/counted_new.h"

using namespace ropewalk;

namespace {

constexpr std::size_t kLinks = 20;

/// How many allocations f makes, on a thread of its own: its pool is cold.
template <class F>
std::size_t whenCold(F f) {
  std::size_t count = 0;
  std::thread([&] {
    const std::size_t before = allocations;
    f();
    count = allocations - before;
  }).join();
  return count;
}

/// The same when f has run before.
template <class F>
std::size_t whenWarm(F f) {
  std::size_t count = 0;
  whenCold([&] {
    f();
    const std::size_t before = allocations;
    f();
    count = allocations - before;
  });
  return count;
}

int sum = 0;  // so that nothing is optimised away

void firedOnTemporary() {
  succeed(1)
      .addCallback([](int x) { return x + 1; })
      .addCallback([](int x) { return succeed(x * 2); })
      .addErrback([](const Failure&) { return 0; })
      .addBoth([](auto&) {})
      .addCallback([](int x) { sum += x; });
}

void firedOnVariable() {
  Deferred<int> d = succeed(1);
  int bias = 3;
  d.addCallback([&](int x) { return x + bias; })
      .addCallback([](int& x) { ++x; })
      .addBoth([](auto&) {});
  sum += *std::move(d).takeResult();
}

void unfiredOnTemporary() {
  Source<int> source;
  Deferred<int> d = source.deferred();
  for (std::size_t i = 0; i < kLinks; ++i)
    d = std::move(d).addCallback([](int x) { return x + 1; });
  source.callback(0);
  sum += *std::move(d).takeResult();
}

void unfiredOnVariable() {
  Source<int> source;
  Deferred<int> d = source.deferred();
  for (std::size_t i = 0; i < kLinks; ++i) d.addCallback([](int x) { return x + 1; });
  source.callback(0);
  sum += *std::move(d).takeResult();
}

Deferred<int> plusOne(Deferred<int> d) {
  const int x = co_await d;
  co_return x + 1;
}

void coroutines() {
  Source<int> source;
  Deferred<int> d = source.deferred();
  for (std::size_t i = 0; i < kLinks; ++i) d = plusOne(std::move(d));
  source.callback(0);
  sum += *std::move(d).takeResult();
}

}  // namespace

TEST_CASE("the counter counts") {
  // Called by name: a compiler may leave out a new-expression whose object nobody uses.
  CHECK(whenCold([] { ::operator delete(::operator new(1)); }) == 1);
}

TEST_CASE("a fired chain allocates nothing, on a temporary or on a variable") {
  CHECK(whenCold(firedOnTemporary) == 0);
  CHECK(whenCold(firedOnVariable) == 0);
}

TEST_CASE("an unfired chain of n links allocates at most n + 1 blocks when the pool is cold") {
  CHECK(whenCold(unfiredOnTemporary) <= kLinks + 1);
  CHECK(whenCold(unfiredOnVariable) <= kLinks + 1);
  CHECK(whenCold(coroutines) <= kLinks + 1);
}

TEST_CASE("an unfired chain allocates nothing when the pool is warm") {
  if (!detail::kPoolEnabled) return;  // under AddressSanitizer every block is seen to come and go
  CHECK(whenWarm(unfiredOnTemporary) == 0);
  CHECK(whenWarm(unfiredOnVariable) == 0);
  CHECK(whenWarm(coroutines) == 0);
}

TEST_CASE("a Deferred and a Source are small") {
  CHECK(sizeof(Source<int>) == sizeof(void*));
  CHECK(sizeof(Deferred<void>) <= 5 * sizeof(void*));
}
