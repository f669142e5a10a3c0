// TypeSlots: one of each type, made with its owner, gone in the reverse order.
#include "ropewalk/core/base/type_slots.h"

#include <string>

#include "tests/catch.h"

using namespace ropewalk;

namespace {

struct House {
  std::string name = "house";
  std::string events;
  TypeSlots<House> slots;

  template <class T>
  T& get() {
    return slots.get<T>(*this);
  }
};

struct Cellar {
  explicit Cellar(House& house) : house(house) { house.events += "+cellar "; }
  ~Cellar() { house.events += "-cellar "; }
  House& house;
  int bottles = 0;
};

struct Kitchen {
  explicit Kitchen(House& house) : house(house), cellar(house.get<Cellar>()) {
    house.events += "+kitchen ";
  }
  ~Kitchen() {
    --cellar.bottles;
    house.events += "-kitchen ";
  }
  House& house;
  Cellar& cellar;
};

struct Plain {
  int value = 7;
};

/// Asks for another one while it dies.
struct Late {
  explicit Late(House& house) : house(house) {}
  ~Late() { house.get<Cellar>().bottles = 1; }
  House& house;
};

}  // namespace

TEST_CASE("a slot is made once, on first use, with its owner where it takes one") {
  House house;
  CHECK(house.events.empty());
  house.get<Cellar>().bottles = 3;
  CHECK(&house.get<Cellar>().house == &house);
  CHECK(house.get<Cellar>().bottles == 3);
  CHECK(house.events == "+cellar ");
  CHECK(house.get<Plain>().value == 7);
}

TEST_CASE("owners share no slots") {
  House one, two;
  one.get<Plain>().value = 1;
  CHECK(two.get<Plain>().value == 7);
}

TEST_CASE("slots die in the reverse order of their making, those they use last") {
  House house;
  Cellar& cellar = house.get<Kitchen>().cellar;
  for (int i = 0; i < 20; ++i) CHECK(&house.get<Cellar>() == &cellar);
  house.slots.clear();
  CHECK(house.events == "+cellar +kitchen -kitchen -cellar ");
}

TEST_CASE("a slot that is asked for while others die is made, and dies too") {
  House house;
  static_cast<void>(house.get<Late>());
  house.slots.clear();
  CHECK(house.events == "+cellar -cellar ");
}
