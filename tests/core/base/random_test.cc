// Random: no two alike, unless they have a seed; every number as likely.
#include "ropewalk/core/base/random.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "tests/catch.h"

using namespace ropewalk;

TEST_CASE("numbers from the kernel do not come twice") {
  Random one, two;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 200; ++i) seen.insert({one.next(), two.next()});
  CHECK(seen.size() == 400);
}

TEST_CASE("a seed gives the numbers of SplitMix64, the same each time") {
  Random random(1234567);
  CHECK(random.next() == 6457827717110365317U);  // the published vector
  CHECK(random.next() == 3203168211198807973U);
  CHECK(random.next() == 9817491932198370423U);
  for (int i = 0; i < 100; ++i) static_cast<void>(random.next());
  random.seed(1234567);
  CHECK(random.next() == 6457827717110365317U);
}

TEST_CASE("what was from the kernel can be seeded") {
  Random random;
  static_cast<void>(random.next());
  random.seed(1234567);
  CHECK(random() == 6457827717110365317U);
}

TEST_CASE("below a bound each is as likely") {
  Random random(1);
  std::vector<int> drawn(7);
  for (int i = 0; i < 70'000; ++i) ++drawn.at(random.below(7));
  for (const int count : drawn) CHECK(std::abs(count - 10'000) < 400);  // four sigma
  CHECK(random.below(1) == 0);
}

TEST_CASE("a bound that hardly fits is kept to, and its lower half is not favoured") {
  constexpr std::uint64_t kBound = (std::uint64_t{3} << 62) + 1;
  Random random(1);
  int lower = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t drawn = random.below(kBound);
    REQUIRE(drawn < kBound);
    lower += drawn < std::uint64_t{1} << 62;
  }
  CHECK(std::abs(lower - 3'333) < 200);  // 5,000 where a remainder is taken and no more
}

TEST_CASE("bytes of any number are filled") {
  Random random(1);
  for (const std::size_t size : {0, 1, 7, 8, 9, 1000}) {
    std::string bytes(size, '\0');
    random.fill(bytes);
    CHECK(std::count(bytes.begin(), bytes.end(), '\0') <= static_cast<long>(size / 50));
  }
}

TEST_CASE("it shuffles") {
  std::string cards = "abcdefghijklmnopqrstuvwxyz", same = cards;
  Random one(3), two(3);
  std::shuffle(cards.begin(), cards.end(), one);
  CHECK(cards != same);
  std::shuffle(same.begin(), same.end(), two);
  CHECK(cards == same);
}
