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

}  // namespace ropewalk::ssl::detail
