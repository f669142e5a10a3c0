// A ring of what is owned, cancelled from its front: a cancellation may add and remove others.

#include "lifetime.h"

#include "ropewalk/core/base/log.h"

namespace ropewalk {

void Lifetime::cancelFirst() noexcept {
  detail::OwnedLink& first = *pending_.next;
  first.unlink();  // one that ignores its cancellation goes on without us
  first.ended = true;
  try {
    first.cancelOwned();
  } catch (...) {
    log::error("cancelling what a lifetime owns failed: {}", Failure::current());
  }
}

void Lifetime::end() noexcept {
  ended_ = true;
  while (pending_.next != &pending_) cancelFirst();
}

std::size_t Lifetime::size() const noexcept {
  std::size_t count = 0;
  for (const detail::OwnedLink* link = pending_.next; link != &pending_; link = link->next) ++count;
  return count;
}

}  // namespace ropewalk
