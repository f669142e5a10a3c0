// DatagramPeerAccess: the inside of a DatagramPeer, for those who talk to the kernel.
// Private to core/net.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

#include "ropewalk/core/net/datagram.h"

namespace ropewalk::detail {

/// An address as both kinds of socket give it: 16 bytes of network order, 4 of them for IPv4.
struct LocalAddress {
  std::uint8_t family = 0;  // AF_INET, AF_INET6, or 0: not known
  std::array<unsigned char, 16> bytes{};
  friend bool operator==(const LocalAddress&, const LocalAddress&) = default;
};

class DatagramPeerAccess {
 public:
  static constexpr std::size_t kStorage = DatagramPeer::kStorage;

  /// Where recvmmsg writes the sockaddr to.
  static unsigned char* storage(DatagramPeer& peer) noexcept { return peer.storage_; }
  static const unsigned char* storage(const DatagramPeer& peer) noexcept { return peer.storage_; }
  static std::size_t length(const DatagramPeer& peer) noexcept { return peer.length_; }
  static int family(const DatagramPeer& peer) noexcept {
    sa_family_t family = AF_UNSPEC;
    if (peer.length_ != 0) std::memcpy(&family, peer.storage_, sizeof family);
    return family;
  }
  /// What is in storage() is a sockaddr of this length, as the kernel said it. IPv4 in IPv6 becomes
  /// IPv4; that it was sent to is forgotten.
  static void received(DatagramPeer& peer, std::size_t length) noexcept;
  /// @param address  4 or 16 bytes
  /// @param ours     an address of this machine, not a group
  static void setLocal(DatagramPeer& peer, std::uint8_t family, const void* address, bool ours,
                       std::uint32_t interface) noexcept;
  /// The address to answer from.
  static LocalAddress source(const DatagramPeer& peer) noexcept;
};

/// Four bytes in network order as text, without a detour through the C library.
[[nodiscard]] std::string textOfIPv4(const unsigned char* bytes);

}  // namespace ropewalk::detail
