// DatagramPeer: a sockaddr that is made into text only when somebody asks.

#include "datagram_peer.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>

#include "ropewalk/core/net/detail/socket_address.h"

namespace ropewalk {

namespace {

using detail::DatagramPeerAccess;
using detail::SocketAddress;

/// Appends 0 … 255 in decimal.
char* putOctet(char* out, unsigned value) noexcept {
  if (value >= 100) *out++ = static_cast<char>('0' + value / 100);
  if (value >= 10) *out++ = static_cast<char>('0' + value / 10 % 10);
  *out++ = static_cast<char>('0' + value % 10);
  return out;
}

/// Reads "a.b.c.d" as inet_pton does: four decimal octets, no leading zeros.
bool parseIPv4(std::string_view text, unsigned char* out) noexcept {
  std::size_t at = 0;
  for (int octet = 0; octet < 4; ++octet) {
    if (octet > 0 && (at >= text.size() || text[at++] != '.')) return false;
    const std::size_t start = at;
    unsigned value = 0;
    while (at < text.size() && at - start < 3 && text[at] >= '0' && text[at] <= '9')
      value = value * 10 + static_cast<unsigned>(text[at++] - '0');
    const std::size_t digits = at - start;
    if (digits == 0 || value > 255 || (digits > 1 && text[start] == '0')) return false;
    out[octet] = static_cast<unsigned char>(value);
  }
  return at == text.size();
}

template <class S>
S as(const unsigned char* storage) noexcept {
  S result;
  std::memcpy(&result, storage, sizeof result);
  return result;
}

sockaddr_in inet(const unsigned char* address, in_port_t port) noexcept {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = port;
  std::memcpy(&in.sin_addr, address, sizeof in.sin_addr);
  return in;
}

}  // namespace

std::string detail::textOfIPv4(const unsigned char* bytes) {
  char text[INET_ADDRSTRLEN];
  char* end = putOctet(text, bytes[0]);
  for (int i = 1; i < 4; ++i) {
    *end++ = '.';
    end = putOctet(end, bytes[i]);
  }
  return {text, end};  // 15 characters at most: no allocation
}

DatagramPeer::DatagramPeer(const Address& address) {
  if (address.family == Address::Family::none) return;
  unsigned char four[4];
  if (address.family == Address::Family::IPv4 && parseIPv4(address.host, four)) {
    const sockaddr_in in = inet(four, htons(address.port));
    std::memcpy(storage_, &in, sizeof in);
    length_ = sizeof in;
    return;
  }
  // Throws for what is no literal.
  const SocketAddress socketAddress = SocketAddress::from(address);
  std::memcpy(storage_, &socketAddress.storage, socketAddress.length);
  DatagramPeerAccess::received(*this, socketAddress.length);
}

Address DatagramPeer::address() const {
  if (length_ == 0) return {};
  if (DatagramPeerAccess::family(*this) == AF_INET) {
    const auto in = as<sockaddr_in>(storage_);
    return {Address::Family::IPv4, ntohs(in.sin_port), detail::textOfIPv4(storage_ + 4)};
  }
  SocketAddress socketAddress;
  std::memcpy(&socketAddress.storage, storage_, length_);
  socketAddress.length = length_;
  return socketAddress.toAddress();
}

Address DatagramPeer::localAddress() const {
  if (localFamily_ == AF_INET) return {Address::Family::IPv4, 0, detail::textOfIPv4(local_)};
  if (localFamily_ != AF_INET6) return {};
  char text[INET6_ADDRSTRLEN];
  ::inet_ntop(AF_INET6, local_, text, sizeof text);
  return Address::IPv6(text, 0);
}

std::uint16_t DatagramPeer::port() const noexcept {
  const int family = DatagramPeerAccess::family(*this);
  if (family != AF_INET && family != AF_INET6) return 0;
  return ntohs(as<sockaddr_in>(storage_).sin_port);  // at the same place in both
}

std::string_view DatagramPeer::addressBytes() const noexcept {
  const auto* bytes = reinterpret_cast<const char*>(storage_);
  switch (DatagramPeerAccess::family(*this)) {
    case AF_INET:
      return {bytes + offsetof(sockaddr_in, sin_addr), sizeof(in_addr)};
    case AF_INET6:
      return {bytes + offsetof(sockaddr_in6, sin6_addr), sizeof(in6_addr)};
    default:
      return {};
  }
}

namespace detail {

void DatagramPeerAccess::received(DatagramPeer& peer, std::size_t length) noexcept {
  peer.localFamily_ = 0;
  peer.localIsOurs_ = false;
  peer.interface_ = 0;
  // The kernel gives an unnamed UNIX socket as nothing, or as a family alone.
  length = std::min(length, kStorage);
  peer.length_ = static_cast<std::uint16_t>(length <= sizeof(sa_family_t) ? 0 : length);
  if (family(peer) != AF_INET6) return;
  const unsigned char* address = peer.storage_ + offsetof(sockaddr_in6, sin6_addr);
  if (IN6_IS_ADDR_V4MAPPED(reinterpret_cast<const in6_addr*>(address))) {
    // One sender must not be two, depending on how the port is bound.
    const sockaddr_in in = inet(address + 12, as<sockaddr_in>(peer.storage_).sin_port);
    std::memcpy(peer.storage_, &in, sizeof in);
    peer.length_ = sizeof in;
  }
}

void DatagramPeerAccess::setLocal(DatagramPeer& peer, std::uint8_t family, const void* address,
                                  bool ours, std::uint32_t interface) noexcept {
  peer.localFamily_ = family;
  peer.localIsOurs_ = ours;
  peer.interface_ = interface;
  std::memcpy(peer.local_, address, family == AF_INET ? 4 : 16);
}

LocalAddress DatagramPeerAccess::source(const DatagramPeer& peer) noexcept {
  LocalAddress local;
  if (!peer.localIsOurs_) return local;
  local.family = peer.localFamily_;
  std::memcpy(local.bytes.data(), peer.local_, peer.localFamily_ == AF_INET ? 4 : 16);
  return local;
}

}  // namespace detail
}  // namespace ropewalk
