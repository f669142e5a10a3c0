// TypeSlots: one object of each type that is asked for, whatever the types. What Reactor::slot() is
// made of.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace ropewalk {

/// Owns what others keep with `Owner`, which need not know of them. Each is made on first use, with
/// the owner if it wants that, and destroyed in the reverse order of their making: one that uses
/// another while it is made may use it until it dies. One thread.
///
///     struct Counter {
///       int value = 0;
///     };
///     struct Room {
///       int nextGuest() { return ++slots.get<Counter>(*this).value; }
///       TypeSlots<Room> slots;
///     };
template <class Owner>
class TypeSlots {
 public:
  TypeSlots() = default;
  TypeSlots(const TypeSlots&) = delete;
  TypeSlots& operator=(const TypeSlots&) = delete;
  ~TypeSlots() { clear(); }

  /// The T of this owner. References stay good until clear(). Finding it takes a look at each that
  /// there is; there are a handful.
  template <class T>
  [[nodiscard]] T& get(Owner& owner) {
    for (const Slot& slot : slots_) {
      if (slot.type == &kType<T>) return *static_cast<T*>(slot.object.get());
    }
    auto made = make<T>(owner);  // may itself ask for others
    T& object = *made;
    slots_.push_back({&kType<T>, std::move(made)});
    return object;
  }

  /// Destroys all; one that is asked for meanwhile is made anew, and destroyed too.
  void clear() noexcept {
    while (!slots_.empty()) {
      const auto last = std::move(slots_.back().object);
      slots_.pop_back();
    }
  }

 private:
  struct Slot {
    const void* type;
    std::shared_ptr<void> object;  // for its deleter
  };

  /// Its address names the type.
  template <class T>
  static constexpr char kType = 0;

  template <class T>
  static std::shared_ptr<T> make(Owner& owner) {
    if constexpr (std::is_constructible_v<T, Owner&>) {
      return std::make_shared<T>(owner);
    } else {
      return std::make_shared<T>();
    }
  }

  std::vector<Slot> slots_;
};

}  // namespace ropewalk
