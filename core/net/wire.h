// What the kernel knows of the connection below a transport, asked at this moment.
#pragma once

#include <cstdint>
#include <optional>

#include "ropewalk/core/net/transport.h"

namespace ropewalk {

/// Nothing has come from the peer that nobody was told of yet: no byte, no end, no error. For who
/// is about to use a connection that was left alone for a while. Also true of what is no socket.
/// @param transport  of any layer; its bottom is looked at
[[nodiscard]] bool isQuiet(Transport& transport) noexcept;

/// How many bytes the peer's kernel has acknowledged over the life of the connection; none of what
/// is no TCP connection. The end of a stream acknowledges all that its sender had received (RFC
/// 9293 §3.10.7.4): when the number is after it what it was before a request was written, the peer
/// had closed before the request came.
[[nodiscard]] std::optional<std::uint64_t> acknowledgedBytes(Transport& transport) noexcept;

}  // namespace ropewalk
