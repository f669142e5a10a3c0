// cannotListen: an address that cannot be had, with the reason and the remedy. Private to core/net.
#pragma once

#include "ropewalk/core/net/address.h"
#include "ropewalk/core/net/port_holder.h"

namespace ropewalk::detail {

/// Throws CannotListenError.
/// @param error  the errno of socket, bind or listen
[[noreturn]] void cannotListen(const Address& where, SocketKind kind, int error);

}  // namespace ropewalk::detail
