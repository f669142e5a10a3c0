#include "ropewalk/core/base/handle.h"

#include <memory>
#include <type_traits>
#include <vector>

#include "tests/catch.h"

using namespace ropewalk;

namespace {

struct Animal {
  int legs = 4;
};

struct Dog : Animal {
  Life life;
  Handle<Dog> handle() { return {*this, life}; }
};

}  // namespace

TEST_CASE("a Handle gives its object for as long as that lives") {
  auto dog = std::make_unique<Dog>();
  const Handle<Dog> handle = dog->handle();
  REQUIRE(handle.get() == dog.get());
  CHECK(handle->legs == 4);
  dog.reset();
  CHECK(handle.get() == nullptr);
  CHECK_FALSE(handle);
}

TEST_CASE("an empty Handle gives null") { CHECK(Handle<Dog>().get() == nullptr); }

TEST_CASE("a life may end before its object does") {
  Dog dog;
  const Handle<Dog> handle = dog.handle();
  dog.life.end();
  CHECK_FALSE(handle);
}

TEST_CASE("after its end a life can begin again, and old handles stay empty") {
  Dog dog;
  const Handle<Dog> old = dog.handle();
  dog.life.end();
  const Handle<Dog> young = dog.handle();
  CHECK(young.get() == &dog);
  CHECK_FALSE(old);
}

TEST_CASE("a slot that is used again has a new generation: old handles do not see the newcomer") {
  auto first = std::make_unique<Dog>();
  const std::uint64_t firstLife = first->life.id();
  const Handle<Dog> old = first->handle();
  first.reset();
  Dog second;
  const std::uint64_t secondLife = second.life.id();
  REQUIRE(static_cast<std::uint32_t>(firstLife) == static_cast<std::uint32_t>(secondLife));
  CHECK(firstLife != secondLife);
  CHECK_FALSE(old);
}

TEST_CASE("an object that nobody observes takes no slot") {
  Dog observed;
  const std::uint64_t before = observed.life.id();
  { Dog ignored; }
  observed.life.end();
  CHECK(static_cast<std::uint32_t>(observed.life.id()) == static_cast<std::uint32_t>(before));
}

TEST_CASE("a Handle converts to one of a base, never to one of a derived class") {
  Dog dog;
  const Handle<Animal> handle = dog.handle();
  CHECK(handle.get() == &dog);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<Handle<Animal>, Handle<Dog>>);
  dog.life.end();
  CHECK_FALSE(handle);
}

TEST_CASE("many lives begin and end without mixing") {
  std::vector<std::unique_ptr<Dog>> dogs;
  std::vector<Handle<Dog>> handles;
  for (int i = 0; i < 1000; ++i) {
    dogs.push_back(std::make_unique<Dog>());
    handles.push_back(dogs.back()->handle());
    if (i % 3 == 0) dogs[static_cast<std::size_t>(i / 2)].reset();
  }
  int wrong = 0;
  for (std::size_t i = 0; i < dogs.size(); ++i) wrong += handles[i].get() == dogs[i].get() ? 0 : 1;
  CHECK(wrong == 0);
}
