// Tokens go from hand to hand in a loop, not by recursion;
// a token finds its semaphore through a Handle.

#include "lock.h"

#include <stdexcept>

namespace ropewalk {

DeferredSemaphore::DeferredSemaphore(std::size_t tokens) : limit_(tokens), tokens_(tokens) {
  if (tokens == 0) throw std::invalid_argument("a DeferredSemaphore needs at least one token");
}

Deferred<DeferredSemaphore::Token> DeferredSemaphore::acquire() {
  if (tokens_ == 0 || !waiters_.empty()) return waiters_.wait();
  --tokens_;
  return succeed(Token(Handle<DeferredSemaphore>(*this, life_)));
}

void DeferredSemaphore::giveBack() {
  ++tokens_;
  if (serving_) return;  // the loop further out serves the next: 100,000 waiters need no stack
  serving_ = true;
  const Handle<DeferredSemaphore> self(*this, life_);
  while (tokens_ > 0 && !waiters_.empty()) {
    --tokens_;
    waiters_.takeFirst().callback(Token(self));
    if (!self) return;  // the callback destroyed this semaphore
  }
  serving_ = false;
}

DeferredSemaphore::Token& DeferredSemaphore::Token::operator=(Token&& other) noexcept {
  if (this != &other) {
    if (held_) release();
    semaphore_ = std::exchange(other.semaphore_, {});
    held_ = std::exchange(other.held_, false);
  }
  return *this;
}

void DeferredSemaphore::Token::release() {
  if (!std::exchange(held_, false)) throw std::logic_error("this token was given back already");
  if (DeferredSemaphore* semaphore = semaphore_.get()) semaphore->giveBack();
}

}  // namespace ropewalk
