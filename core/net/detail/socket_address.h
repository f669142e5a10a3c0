// SocketAddress: an Address as the kernel wants it. Private to core/net.
#pragma once

#include <sys/socket.h>

#include <string>

#include "ropewalk/core/net/address.h"

namespace ropewalk::detail {

/// sockaddr and its length, big enough for every family.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = sizeof(sockaddr_storage);

  /// @throws InvalidAddressError when the host is no literal of its family, or a UNIX path is
  /// too long (107 bytes)
  static SocketAddress from(const Address& address);
  [[nodiscard]] Address toAddress() const;
  [[nodiscard]] sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
  [[nodiscard]] const sockaddr* get() const noexcept {
    return reinterpret_cast<const sockaddr*>(&storage);
  }
  [[nodiscard]] int family() const noexcept { return storage.ss_family; }

  /// getsockname and getpeername; an empty Address when the socket has none.
  static Address ofHost(int fd);
  static Address ofPeer(int fd);
};

}  // namespace ropewalk::detail
