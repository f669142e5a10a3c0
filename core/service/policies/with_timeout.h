// withTimeout: connections on which nothing happens are ended.
#pragma once

#include <memory>

#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/net/protocol.h"

namespace ropewalk {

/// How withTimeout ends a connection that is idle.
struct TimeoutOptions {
  /// From loseConnection, which sends what is pending, to abortConnection.
  Duration grace = std::chrono::seconds(10);
  Clock* clock = nullptr;  ///< null: the reactor of each connection
};

/// Ends connections after `idle` without a byte in either direction: loseConnection, and when that
/// has not ended it after the grace, abortConnection. A connection whose pending output still
/// shrinks is not idle: a slow download lasts as long as it takes; one whose peer has stopped
/// reading is found out within twice the time.
///
///     listen("tcp://:8080", withTimeout(site, 60s));
///
/// Costs a store for each event and each write. One thread.
[[nodiscard]] std::shared_ptr<Factory> withTimeout(std::shared_ptr<Factory> factory, Duration idle,
                                                   TimeoutOptions options = TimeoutOptions());

}  // namespace ropewalk
