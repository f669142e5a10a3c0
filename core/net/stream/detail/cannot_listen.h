// cannotListen: an address that cannot be had, with the reason and the remedy. Private to core/net.
#pragma once

#include "port_holder.h"
#include "ropewalk/core/net/address.h"

namespace ropewalk::detail {

/// Throws CannotListenError.
/// @param error  the errno of socket, bind or listen
[[noreturn]] void cannotListen(const Address& where, SocketKind kind, int error);

}  // namespace ropewalk::detail
