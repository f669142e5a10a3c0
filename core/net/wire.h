// What the kernel knows of the connection below a transport, asked at this moment.
#pragma once

#include "transport.h"

namespace ropewalk {

/// Nothing has come from the peer that nobody was told of yet: no byte, no end, no error. For who
/// is about to use a connection that was left alone for a while. Also true of what is no socket.
/// @param transport  of any layer; its bottom is looked at
[[nodiscard]] bool isQuiet(Transport& transport) noexcept;

}  // namespace ropewalk
