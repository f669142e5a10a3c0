// Tells every watch, then looks every 20 ms whether those who came by a port are gone.

#include "drain.h"

#include "reactor.h"
#include "ropewalk/core/async/task.h"
#include "ropewalk/core/net/loop/loop.h"

namespace ropewalk {

Deferred<void> drain(Reactor& reactor, Duration atMost) {
  constexpr Duration kLook = std::chrono::milliseconds(20);
  const TimePoint end = reactor.now() + atMost;
  reactor.loop().forEach([](detail::Watch& watch) { watch.drain(); });
  while (reactor.loop().accepted() > 0 && reactor.now() < end) {
    Deferred<void> later = deferLater(reactor, kLook);
    co_await std::move(later);
  }
}

}  // namespace ropewalk
