// OpenSSL's error queue, in words.
#pragma once

#include <string>

#include "ropewalk/ssl/errors.h"

namespace ropewalk::ssl::detail {

/// Empties this thread's queue, at next to no cost when it is empty already.
void clearErrors() noexcept;

/// What the queue says, "; " between its entries; empties it. "unknown error" when it is empty.
[[nodiscard]] std::string drainErrors();

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
