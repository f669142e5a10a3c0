// What datagram sockets want set and asked: making them, multicast (RFC 3678), addresses.
// Private to core/net.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "datagram_peer.h"
#include "ropewalk/core/base/fd.h"
#include "ropewalk/core/net/address.h"
#include "ropewalk/core/net/datagram.h"

namespace ropewalk::detail {

/// A peer's sockaddr for a socket of this family: IPv4 goes over IPv6 as ::ffff:a.b.c.d (RFC 4291
/// §2.5.5.2). Borrows the peer.
class SocketName {
 public:
  SocketName(const DatagramPeer& peer, int socketFamily) noexcept;
  SocketName(const SocketName&) = delete;
  SocketName& operator=(const SocketName&) = delete;
  [[nodiscard]] std::span<const unsigned char> bytes() const noexcept { return bytes_; }

 private:
  alignas(8) std::array<unsigned char, 28> mapped_;
  std::span<const unsigned char> bytes_;
};

/// A bound UDP socket with everything that a port wants set.
/// @param dualStack  `where` is "::", and IPv4 is served too
/// @param error      errno, or 0
UniqueFd bindUDP(const Address& where, const ListenUDPOptions& options, bool dualStack, int& error);
/// A connected one. @throws ConnectError
UniqueFd connectedUDP(const Address& peer, const ConnectUDPOptions& options);

/// The socket's pending error, which it forgets.
[[nodiscard]] int takeError(int fd) noexcept;
/// Sets UDP_GRO. @return false where the kernel has none
bool setCoalescing(int fd) noexcept;

enum class Membership : std::uint8_t { join, leave };

// All throw SocketOptionError.

/// @param group      an IP literal, perhaps with "%interface"
/// @param source     an IP literal; empty: every source
/// @param interface  a name or an address of this machine; empty: the kernel chooses
void changeMembership(int fd, Membership change, std::string_view group, std::string_view source,
                      std::string_view interface);
void setMulticastInterface(int fd, std::string_view interface);
void setMulticastTTL(int fd, int hops);
void setMulticastLoopback(int fd, bool on);
void setBroadcastAllowed(int fd, bool on);

}  // namespace ropewalk::detail
