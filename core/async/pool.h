// Blocks of memory that are reused: callback links, the states of Deferreds and coroutine
// frames live in them.
#pragma once

#include <cstddef>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#define ROPEWALK_POOL_ENABLED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ROPEWALK_POOL_ENABLED 0
#endif
#endif
#ifndef ROPEWALK_POOL_ENABLED
#define ROPEWALK_POOL_ENABLED 1
#endif

namespace ropewalk::detail {

/// A sanitizer must see every block come and go, so the pool stands aside then.
inline constexpr bool kPoolEnabled = ROPEWALK_POOL_ENABLED != 0;

inline constexpr std::size_t kPoolGranule = 64;  // one cache line
inline constexpr std::size_t kPoolClasses = 16;  // up to 1 KiB; larger blocks are not kept
// What one thread keeps for later, at most.
inline constexpr std::size_t kPoolKeptBytesPerClass = 256 * 1024;

/// The calling thread's free blocks, one list per size class. Trivial, so that
/// reaching it needs no guard.
struct Pool {
  struct Block {
    Block* next;
  };
  struct List {
    Block* first;
    std::size_t count;
  };
  List lists[kPoolClasses];
  bool closed;  // the thread is ending: nothing is kept any more
};
inline constinit thread_local Pool threadPool{};

/// Takes a block from the heap, and sees to it that the thread gives its free
/// blocks back when it ends.
void* growPool(std::size_t size);

inline void* allocateBlock(std::size_t size) {
  const std::size_t index = (size - 1) / kPoolGranule;
  if (!kPoolEnabled || index >= kPoolClasses) return ::operator new(size);
  Pool::List& list = threadPool.lists[index];
  Pool::Block* block = list.first;
  if (block == nullptr) return growPool((index + 1) * kPoolGranule);
  list.first = block->next;
  --list.count;
  return block;
}

inline void freeBlock(void* memory, std::size_t size) noexcept {
  const std::size_t index = (size - 1) / kPoolGranule;
  if (!kPoolEnabled || index >= kPoolClasses || threadPool.closed) {
    ::operator delete(memory);
    return;
  }
  Pool::List& list = threadPool.lists[index];
  if (list.count * (index + 1) * kPoolGranule >= kPoolKeptBytesPerClass) {
    ::operator delete(memory);
    return;
  }
  list.first = ::new (memory) Pool::Block{list.first};
  ++list.count;
}

/// Base of what lives in the pool. A virtual destructor makes the right size come back.
struct Pooled {
  static void* operator new(std::size_t size) { return allocateBlock(size); }
  static void operator delete(void* memory, std::size_t size) noexcept { freeBlock(memory, size); }
  static void* operator new(std::size_t size, std::align_val_t alignment) {
    return ::operator new(size, alignment);
  }
  static void operator delete(void* memory, std::size_t /*size*/,
                              std::align_val_t alignment) noexcept {
    ::operator delete(memory, alignment);
  }
};

}  // namespace ropewalk::detail
