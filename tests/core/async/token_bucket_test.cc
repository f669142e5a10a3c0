// TokenBucket: rates, bursts, debts.
#include "ropewalk/core/async/token_bucket.h"

#include "tests/catch.h"

using namespace ropewalk;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint kStart{1h};

/// How many it gives one by one.
int taken(TokenBucket& bucket, TimePoint now) {
  int count = 0;
  while (count < 1000 && bucket.tryTake(1, now)) ++count;
  return count;
}

}  // namespace

TEST_CASE("TokenBucket: starts full, refills at its rate, holds no more than its burst") {
  TokenBucket bucket(1000, 2s);
  CHECK(bucket.available(kStart) == 2000);
  bucket.take(2000, kStart);
  CHECK(bucket.available(kStart) == 0);
  CHECK(bucket.available(kStart + 999us) == 0);
  CHECK(bucket.available(kStart + 1ms) == 1);
  CHECK(bucket.available(kStart + 1h) == 2000);
}

TEST_CASE("TokenBucket: a debt is paid first") {
  TokenBucket bucket(1000, 1s);
  bucket.take(4000, kStart);
  CHECK(bucket.available(kStart + 3s) == 0);
  CHECK(bucket.untilWorthwhile(kStart) == 3100ms);
  CHECK(bucket.available(kStart + 3100ms) == 100);
}

TEST_CASE("TokenBucket: rates and sizes at the ends of their ranges") {
  TokenBucket slow(1, 1ns);
  slow.take(1, kStart);
  CHECK(slow.available(kStart + slow.untilWorthwhile(kStart)) >= 1);
  TokenBucket fast(std::size_t{100} << 30, 1s);
  fast.take(std::size_t{200} << 30, kStart);
  CHECK(fast.available(kStart + 1s) == 0);
  CHECK(fast.available(kStart + 2s) == std::size_t{100} << 30);
  TokenBucket unlimited(0, 1s);
  unlimited.take(1 << 30, kStart);
  CHECK(unlimited.available(kStart) > std::size_t{1} << 60);
}

TEST_CASE("TokenBucket: one by one it gives its burst, then its rate, whatever does not divide") {
  TokenBucket bucket(7, 2s);
  CHECK(taken(bucket, kStart) == 14);
  CHECK(taken(bucket, kStart + 142ms) == 0);
  CHECK(taken(bucket, kStart + 143ms) == 1);
  CHECK(taken(bucket, kStart + 1143ms) == 7);
  CHECK(taken(bucket, kStart + 1h) == 14);
}

TEST_CASE("TokenBucket: what is refused costs nothing") {
  TokenBucket bucket(10, 1s);
  CHECK_FALSE(bucket.tryTake(11, kStart));
  CHECK(bucket.available(kStart) == 10);
  CHECK(bucket.tryTake(10, kStart));
  CHECK_FALSE(bucket.tryTake(1, kStart));
}

TEST_CASE("TokenBucket: at more than a token a nanosecond none is free") {
  TokenBucket bucket(std::size_t{100} << 30, 1us);
  CHECK(taken(bucket, kStart) == 1000);
  CHECK_FALSE(bucket.tryTake(1, kStart));
}

TEST_CASE("TokenBucket: where there is no limit there is no end") {
  TokenBucket bucket(0, 1s);
  CHECK(taken(bucket, kStart) == 1000);
}
