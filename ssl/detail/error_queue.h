// What OpenSSL's error queue says of a handshake or a connection.
#pragma once

#include <string>

#include "ropewalk/ssl/crypto/detail/error_queue.h"
#include "ropewalk/ssl/errors.h"

namespace ropewalk::ssl::detail {

using crypto::detail::clearErrors;
using crypto::detail::drainErrors;

/// A handshake that failed, as the queue tells it.
struct HandshakeVerdict {
  HandshakeFailure reason = HandshakeFailure::other;
  std::string text;
};
/// Empties the queue.
[[nodiscard]] HandshakeVerdict drainHandshakeErrors(bool server);

/// What a read on an established connection has just added to the queue, whatever was in it before;
/// empties it.
[[nodiscard]] HandshakeVerdict drainReadErrors(bool server);
/// Whether what was added last is an alert of the peer's.
[[nodiscard]] bool lastErrorIsAlert() noexcept;

}  // namespace ropewalk::ssl::detail
