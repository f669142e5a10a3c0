// throttle: so many bytes a second and no more, over all connections of a factory.
#pragma once

#include <cstddef>
#include <memory>

#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/net/protocol.h"

namespace ropewalk {

/// The rates that throttle shares out, in bytes of payload.
struct ThrottleOptions {
  std::size_t readBytesPerSecond = 0;   ///< 0: unlimited
  std::size_t writeBytesPerSecond = 0;  ///< 0: unlimited
  /// What was not used is saved up for so long, and may then be used at once.
  Duration burst = std::chrono::seconds(1);
  /// What one connection may have waiting because of the limit. More aborts it: its protocol heeds
  /// neither its producer's pauses nor drained(). Parts of files do not count.
  std::size_t maxQueuedBytes = std::size_t{64} * 1024 * 1024;
  Clock* clock = nullptr;  ///< null: the reactor of the first connection
};

/// Shares a rate among all connections of a factory, in turns.
///
///     listen("tcp://:8080", throttle(site, {.writeBytesPerSecond = 10'000'000}));
///
/// Reading: once the bytes of the moment are used up, all connections pause. One read takes what
/// is there, up to 64 KiB, and may run into debt; the pause lasts until that is paid, so the
/// average holds for any rate.
///
/// Writing: what is too early waits in a queue of the connection. It counts as pending(): producers
/// are paused above 64 KiB and resumed when all has gone, drained() waits for it, loseConnection
/// sends it first. Above 256 KiB the connection is not read either: a protocol that answers what it
/// reads is held up by its own answers.
///
/// All its connections on one thread.
[[nodiscard]] std::shared_ptr<Factory> throttle(std::shared_ptr<Factory> factory,
                                                ThrottleOptions options);

}  // namespace ropewalk
