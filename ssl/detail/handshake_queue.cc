// A count per turn, and a line of those who wait for the next one.
#include "handshake_queue.h"

#include "ropewalk/core/net/reactor.h"
#include "tls_filter.h"

namespace ropewalk::ssl::detail {

HandshakeQueue& HandshakeQueue::of(Reactor& reactor) { return reactor.slot<HandshakeQueue>(); }

bool HandshakeQueue::admit(TlsFilter& filter) {
  Reactor& reactor = filter.reactor();
  if (reactor.now() != turn_) {
    turn_ = reactor.now();
    used_ = 0;
  }
  if (waiting_.empty() && used_ < kStepsPerTurn) {
    ++used_;
    return true;
  }
  waiting_.push_back(handleOf(filter));
  serveLater(reactor);
  return false;
}

void HandshakeQueue::serveLater(Reactor& reactor) {
  if (waiting_.empty() || !scheduled_.expired()) return;
  auto call = std::make_shared<int>();
  scheduled_ = call;
  reactor.callSoon([this, &reactor, call = std::move(call)]() mutable {
    call.reset();
    serve(reactor);
  });
}

void HandshakeQueue::serve(Reactor& reactor) {
  turn_ = reactor.now();
  used_ = 0;
  while (!waiting_.empty() && used_ < kStepsPerTurn) {
    const Handle<TlsFilter> next = waiting_.front();
    waiting_.pop_front();
    if (!next) continue;  // lost meanwhile
    ++used_;
    next->goOn();
  }
  serveLater(reactor);
}

}  // namespace ropewalk::ssl::detail
