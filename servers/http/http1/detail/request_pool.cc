// A list of free Requests a thread, of bounded length.
#include "request_pool.h"

namespace ropewalk::http {

namespace {
constexpr std::size_t kKept = 64;  // a burst of handlers that wait; beyond it the heap does
}

struct RequestPool::List {
  ~List() {
    closed = true;
    while (first != nullptr) delete std::exchange(first, first->nextFree_);
  }

  Request* first = nullptr;
  std::size_t size = 0;
  bool closed = false;  // the thread is ending
};

RequestPool::List& RequestPool::list() noexcept {
  static thread_local List list;
  return list;
}

RequestRef RequestPool::take() {
  List& free = list();
  if (free.first == nullptr) return RequestRef(*new Request());
  Request* const request = std::exchange(free.first, free.first->nextFree_);
  --free.size;
  return RequestRef(*request);
}

void RequestPool::give(Request& request) noexcept {
  request.end();
  List& free = list();
  if (free.closed || free.size >= kKept) {
    delete &request;
    return;
  }
  request.nextFree_ = free.first;
  free.first = &request;
  ++free.size;
}

}  // namespace ropewalk::http
