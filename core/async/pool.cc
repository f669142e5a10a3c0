// Fills the thread's pool from the heap, and empties it when the thread ends.

#include "pool.h"

namespace ropewalk::detail {

namespace {

struct Cleaner {
  Cleaner() { threadPool.closed = false; }
  Cleaner(const Cleaner&) = delete;
  Cleaner& operator=(const Cleaner&) = delete;
  ~Cleaner() {
    threadPool.closed = true;
    for (Pool::List& list : threadPool.lists) {
      while (list.first != nullptr) {
        Pool::Block* block = list.first;
        list.first = block->next;
        ::operator delete(block);
      }
      list.count = 0;
    }
  }
};

}  // namespace

void* growPool(std::size_t size) {
  if (!threadPool.closed) thread_local const Cleaner cleaner;
  return ::operator new(size);
}

}  // namespace ropewalk::detail
