// Handle<T>: looks at an object that may go away first. get() is null once it has.
#pragma once

#include <cstdint>
#include <type_traits>

namespace ropewalk {

namespace detail {
/// The thread's table of live objects. A slot is reused with the next generation.
std::uint64_t acquireLife();
void endLife(std::uint64_t life) noexcept;
bool lifeGoesOn(std::uint64_t life) noexcept;

/// A U, or something derived from it, is a T.
template <class U, class T>
concept UsableAs = std::is_convertible_v<U*, T*>;
}  // namespace detail

/// Put one into a class to make it observable by Handle. Costs eight bytes, and a slot only once a
/// Handle was asked for. One thread: handles work on the thread that made them.
class Life {
 public:
  Life() noexcept = default;
  Life(const Life&) = delete;
  Life& operator=(const Life&) = delete;
  ~Life() { end(); }

  /// From now on every Handle gives null. Called by the destructor, or earlier where the
  /// object is as good as gone.
  void end() noexcept {
    if (life_ != 0) detail::endLife(life_);
    life_ = 0;
  }
  /// For Handles: never 0, and never another object's on this thread. Takes the slot.
  std::uint64_t id() {
    if (life_ == 0) life_ = detail::acquireLife();
    return life_;
  }

 private:
  std::uint64_t life_ = 0;
};

/// Observes a T without owning it. Copyable, 16 bytes, safe to keep for as long as one likes on the
/// thread that made it.
template <class T>
class Handle {
 public:
  Handle() noexcept = default;
  Handle(T& object, Life& life) : object_(&object), life_(life.id()) {}
  template <detail::UsableAs<T> U>
  Handle(const Handle<U>& other) noexcept  // NOLINT(google-explicit-constructor): derived to base
      : object_(static_cast<T*>(other.object_)), life_(other.life_) {}

  /// The object, or null when it is gone.
  [[nodiscard]] T* get() const noexcept {
    return life_ != 0 && detail::lifeGoesOn(life_) ? object_ : nullptr;
  }
  explicit operator bool() const noexcept { return get() != nullptr; }
  T* operator->() const noexcept { return get(); }
  T& operator*() const noexcept { return *get(); }

 private:
  template <class U>
  friend class Handle;

  T* object_ = nullptr;
  std::uint64_t life_ = 0;
};

}  // namespace ropewalk
