// share: shared objects of a request, in blocks that are used again. Internal to clients/http.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "ropewalk/core/async/pool.h"

namespace ropewalk::http::detail {

/// Takes memory where Deferreds and coroutines take theirs.
template <class T>
struct PoolAllocator {
  using value_type = T;

  PoolAllocator() noexcept = default;
  template <class U>
  PoolAllocator(const PoolAllocator<U>& /*other*/) noexcept {}  // NOLINT: allocators convert

  T* allocate(std::size_t count) {
    return static_cast<T*>(ropewalk::detail::allocateBlock(count * sizeof(T)));
  }
  void deallocate(T* memory, std::size_t count) noexcept {
    ropewalk::detail::freeBlock(memory, count * sizeof(T));
  }
  friend bool operator==(const PoolAllocator&, const PoolAllocator&) noexcept { return true; }
};

/// As std::make_shared. The thread that made it is to end it.
template <class T, class... Args>
[[nodiscard]] std::shared_ptr<T> share(Args&&... args) {
  return std::allocate_shared<T>(PoolAllocator<T>(), std::forward<Args>(args)...);
}

}  // namespace ropewalk::http::detail
