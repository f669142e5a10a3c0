// HandshakeQueue: so many steps of handshakes a turn, and no more: they are dear, and open
// connections wait for them.
#pragma once

#include <deque>
#include <memory>

#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/base/handle.h"
#include "ropewalk/core/net/protocol.h"

namespace ropewalk {
class Reactor;
}

namespace ropewalk::ssl::detail {

class TlsFilter;

/// One for each reactor. Those who must wait are served in their order, in later turns.
class HandshakeQueue {
 public:
  /// A step is 60 to 400 µs of arithmetic: two milliseconds a turn at most.
  static constexpr int kStepsPerTurn = 8;

  /// The queue of that reactor.
  static HandshakeQueue& of(Reactor& reactor);

  /// Whether the filter may go on now. If not, its goOn() is called later.
  [[nodiscard]] bool admit(TlsFilter& filter);

 private:
  void serve(Reactor& reactor);
  void serveLater(Reactor& reactor);

  TimePoint turn_{};
  int used_ = 0;
  std::weak_ptr<int> scheduled_;  // held by the call: gone when that has run, or with its reactor
  std::deque<Handle<TlsFilter>> waiting_;
};

}  // namespace ropewalk::ssl::detail
