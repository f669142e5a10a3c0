// What a client may ask of an HTTP server, and how long it may take over it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ropewalk/core/async/timer_queue.h"
#include "ropewalk/protocols/http/head_storage.h"

namespace ropewalk::http {

/// The limits of one Site. The defaults are safe for a public server. Sizes in bytes.
struct ServerLimits {
  /// Request line (414), head (431), number of fields (431), chunk lines, trailers.
  Limits wire;
  /// A request body, unless the reader of it names another limit; past it 413 and close.
  std::uint64_t body = 1024 * 1024;

  /// From the first byte of a head to its last; past it 408 and close.
  Duration headTimeout = std::chrono::seconds(10);
  /// Between requests, and before the first one; past it the connection is closed without a word.
  Duration idleTimeout = std::chrono::seconds(60);
  /// A body that is being read must bring this many bytes a second, measured over bodyPeriod;
  /// slower is 408 and close.
  std::uint64_t bodyRate = 240;
  Duration bodyPeriod = std::chrono::seconds(10);
  /// A client that takes nothing of a response for so long is cut off; it is found out within twice
  /// the time.
  Duration writeTimeout = std::chrono::seconds(60);
  /// A client that closed its sending side still gets the answers that come within this time.
  Duration halfCloseTimeout = std::chrono::seconds(5);

  /// Closing while the client still sends: read on, so that it sees the answer and no reset
  /// (RFC 9112 §9.6), for this long
  Duration lingerTimeout = std::chrono::seconds(2);
  /// and for this many bytes.
  std::uint64_t lingerBytes = 1024 * 1024;
  /// What is left of a body when its answer is complete is read and dropped up to this; more than
  /// that closes the connection.
  std::uint64_t discardBytes = 256 * 1024;

  /// Requests behind the one being answered (pipelining): past this the connection is not read
  /// until they are dealt with.
  std::size_t pipelinedBytes = 64 * 1024;
  /// Output that waits for the client: past this no further request of that connection is begun.
  std::size_t pendingBytes = 256 * 1024;
};

}  // namespace ropewalk::http
