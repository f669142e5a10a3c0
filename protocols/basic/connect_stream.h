// connectStream: a connection, as a Stream.
#pragma once

#include <cstdint>
#include <string>

#include "ropewalk/core/net/reactor.h"
#include "stream.h"

namespace ropewalk {

/// Connects to host (a name or a literal) and port. Cancelling it stops the attempt.
///
///     Deferred<std::string> fetchPlan(Reactor& reactor, std::string host) {
///       const StreamHandle stream = co_await connectStream(reactor, host, 79).addTimeout(5s);
///       co_await stream->write("ann\r\n");
///       co_return co_await stream->readAll(1_MiB);
///     }
///
/// @return a StreamHandle, never null: it works, or tells by a failure, whatever becomes of the
///         connection. Dropping the last one loses the connection. Fails with a ConnectError.
[[nodiscard]] Deferred<StreamHandle> connectStream(Reactor& reactor, std::string host,
                                                   std::uint16_t port,
                                                   ConnectOptions options = ConnectOptions());

/// Connects to an endpoint: "tcp://host:port", "unix:/run/x.sock", … (core/net/endpoint.h); a bad
/// one fails the Deferred.
[[nodiscard]] Deferred<StreamHandle> connectStream(Reactor& reactor, std::string endpoint);
/// On the calling thread's default reactor.
[[nodiscard]] Deferred<StreamHandle> connectStream(std::string endpoint);

}  // namespace ropewalk
