// connectSocket: one connection attempt to one address, on the loop. Private to core/net.
#pragma once

#include <string>

#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/base/fd.h"
#include "ropewalk/core/net/address.h"
#include "ropewalk/core/net/loop/loop.h"

namespace ropewalk::detail {

/// Connects. Fails with the ConnectError that the errno names; cancelling closes the socket. No
/// time-out but the kernel's.
/// @param bindAddress  an IP literal to connect from, or empty
[[nodiscard]] Deferred<UniqueFd> connectSocket(Loop& loop, const Address& to,
                                               const std::string& bindAddress);

/// The error class for an errno of connect(2): "cannot connect to 127.0.0.1:1: connection refused".
[[nodiscard]] Failure connectFailure(const Address& to, int error, Where where = Where::here());

}  // namespace ropewalk::detail
