// drain: the end of a server that finishes what is in flight.
#pragma once

#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/async/timer_queue.h"

namespace ropewalk {

class Reactor;

/// Stops the stream ports of a reactor, after taking whom the kernel has let in already, and tells
/// every connection that came by them (Protocol::drainBegun). Fires when the last of these has
/// ended, or `atMost` has passed: then those that are left may be cut by Reactor::stop. Datagram
/// ports, and connections that we made, go on: answers in flight may need them. Its thread.
///
///     drain(reactor, 10s).addBoth([&](const Result<void>&) { reactor.stop(); });
[[nodiscard]] Deferred<void> drain(Reactor& reactor, Duration atMost);

}  // namespace ropewalk
