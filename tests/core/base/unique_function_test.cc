#include "ropewalk/core/base/unique_function.h"

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "tests/catch.h"

using namespace ropewalk;

namespace {

int twice(int n) { return 2 * n; }

// Counts how many of them live.
struct Counted {
  explicit Counted(int& living) : living(&living) { ++living; }
  Counted(const Counted& other) : living(other.living) { ++*living; }
  Counted(Counted&& other) noexcept : living(other.living) { ++*living; }
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --*living; }
  int* living;
};

struct MayThrowWhenMoved {
  MayThrowWhenMoved() = default;
  MayThrowWhenMoved(MayThrowWhenMoved&& /*other*/) noexcept(false) {
  }  // NOLINT(performance-noexcept-move-constructor)
  int operator()() const { return 5; }
};

}  // namespace

TEST_CASE("a UniqueFunction calls a lambda, a function, a function pointer and a member") {
  CHECK(UniqueFunction<int(int)>([](int n) { return n + 1; })(1) == 2);
  CHECK(UniqueFunction<int(int)>(twice)(4) == 8);
  CHECK(UniqueFunction<int(int)>(&twice)(4) == 8);
  CHECK(UniqueFunction<std::size_t(const std::string&)>(&std::string::size)("abc") == 3);
}

TEST_CASE("an empty UniqueFunction knows it") {
  CHECK_FALSE(UniqueFunction<void()>());
  CHECK_FALSE(UniqueFunction<void()>(nullptr));
  int (*none)(int) = nullptr;
  CHECK_FALSE(UniqueFunction<int(int)>(none));
  CHECK(UniqueFunction<void()>([] {}));
}

TEST_CASE("a UniqueFunction owns what can only be moved, and moves it on") {
  UniqueFunction<int()> first = [owned = std::make_unique<int>(7)] { return *owned; };
  UniqueFunction<int()> second = std::move(first);
  CHECK_FALSE(first);  // NOLINT(bugprone-use-after-move): a moved one is empty
  CHECK(second() == 7);
}

TEST_CASE("a large closure works as a small one does") {
  std::array<int, 100> numbers{};
  numbers[99] = 9;
  UniqueFunction<int()> first = [numbers] { return numbers[99]; };
  UniqueFunction<int()> second;
  second = std::move(first);
  CHECK(second() == 9);
}

TEST_CASE(
    "a closure whose move may throw is kept on the heap, so that moving the function cannot") {
  UniqueFunction<int()> first = MayThrowWhenMoved();
  UniqueFunction<int()> second = std::move(first);
  CHECK(second() == 5);
}

TEST_CASE("a UniqueFunction destroys its closure once, small or large") {
  int living = 0;
  {
    UniqueFunction<void()> small = [counted = Counted(living)] {};
    UniqueFunction<void()> large = [counted = Counted(living), rest = std::array<char, 100>()] {
      (void)rest;
    };
    CHECK(living == 2);
    UniqueFunction<void()> moved = std::move(small);
    CHECK(living == 2);
    large = std::move(moved);
    CHECK(living == 1);
    large.reset();
    CHECK(living == 0);
    CHECK_FALSE(large);
  }
  CHECK(living == 0);
}

TEST_CASE("a void function may hold a callable that returns something") {
  int calls = 0;
  UniqueFunction<void()> f = [&calls] { return ++calls; };
  f();
  CHECK(calls == 1);
}

TEST_CASE("arguments are passed on as they come") {
  UniqueFunction<int(std::unique_ptr<int>, int&)> f = [](std::unique_ptr<int> taken, int& changed) {
    changed = 3;
    return *taken;
  };
  int number = 0;
  CHECK(f(std::make_unique<int>(4), number) == 4);
  CHECK(number == 3);
}

TEST_CASE("a function may be emptied by what it holds, while that is destroyed") {
  UniqueFunction<void()> f;
  f = [guard = std::shared_ptr<void>(nullptr, [&f](void*) { f.reset(); })] {};
  f.reset();
  CHECK_FALSE(f);
}
