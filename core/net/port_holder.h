// portHolder: who has the address that we cannot have. proc(5). Private to core/net.
#pragma once

#include <cstdint>
#include <string>

#include "ropewalk/core/net/address.h"

namespace ropewalk::detail {

enum class SocketKind : std::uint8_t { stream, datagram };

/// For messages: "nginx (pid 812)", "this process", or nothing where /proc does not tell: the
/// processes of other users show their sockets to root alone.
[[nodiscard]] std::string portHolder(const Address& where, SocketKind kind);

}  // namespace ropewalk::detail
