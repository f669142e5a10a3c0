// portHolder: who has the address that we cannot have. proc(5). Private to core/net.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "ropewalk/core/net/address.h"

namespace ropewalk::detail {

enum class SocketKind : std::uint8_t { stream, datagram };

/// What a message may cost: a machine with thousands of processes must not hold up its start.
struct PortHolderSearch {
  std::size_t processes = 2'000;
  std::chrono::milliseconds time{50};
};

/// For messages: "nginx (pid 812)", "this process", or nothing where /proc does not tell (the
/// processes of other users show their sockets to root alone) or the search took too long.
[[nodiscard]] std::string portHolder(const Address& where, SocketKind kind,
                                     PortHolderSearch search = PortHolderSearch());

}  // namespace ropewalk::detail
