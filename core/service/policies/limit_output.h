// limitOutput: at most so much output waits for one peer; who takes nothing is cut off.
#pragma once

#include <cstddef>
#include <memory>

#include "ropewalk/core/base/error.h"
#include "ropewalk/core/net/protocol.h"

namespace ropewalk {

/// Why limitOutput ended a connection: its protocol pushed more than the peer takes.
ROPEWALK_ERROR(OutputLimitExceeded, ConnectionClosed);

/// What limitOutput puts up with.
struct OutputLimits {
  /// That wait for one peer (Transport::pending()), at most.
  std::size_t bytes = std::size_t{1024} * 1024;
};

/// For protocols that push to many: chats, feeds, logs. A connection for which more than
/// `limits.bytes` are pending is aborted, and connectionLost gets OutputLimitExceeded: one member
/// who does not read costs no more than that, and nobody waits for him.
///
///     listen("tcp://:8007", limitOutput(chat, {.bytes = 1024 * 1024}));
///
/// What is written in one turn counts before the kernel is offered it: the limit must hold the
/// longest greeting. Where the protocol answers, too, leave room for 512 KiB: up to 256 KiB of
/// answers, and the last of them, are made before a peer's next question waits (AnswerLimit), and a
/// peer that sends many at once is no bad one. Parts of files count too. One thread.
[[nodiscard]] std::shared_ptr<Factory> limitOutput(std::shared_ptr<Factory> factory,
                                                   OutputLimits limits);

}  // namespace ropewalk
