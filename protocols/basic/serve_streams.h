// serveStreams: a server as one coroutine per connection.
#pragma once

#include <memory>

#include "ropewalk/core/base/unique_function.h"
#include "stream.h"

namespace ropewalk {

/// A factory that calls `serve` with each connection, and loses the connection when the Deferred
/// that it gives has fired.
///
///     Deferred<void> shout(StreamHandle stream) {
///       while (true) {
///         const std::string line = co_await stream->readLine();  // at the end: ConnectionDone
///         co_await stream->write(line + "!\r\n");
///       }
///     }
///
///     int main() {
///       reactor().listenTCP(7000, serveStreams(shout));
///       reactor().run();
///     }
///
/// That the peer has gone (any ConnectionClosed) is an ordinary end; other failures are logged.
/// When the connection is lost while `serve` waits for something else, that is cancelled. `serve`
/// is kept as long as anything of it runs, and so is its argument: a capturing lambda may be a
/// coroutine, and take the handle by reference. One thread.
[[nodiscard]] std::shared_ptr<Factory> serveStreams(
    UniqueFunction<Deferred<void>(const StreamHandle&)> serve);

}  // namespace ropewalk
