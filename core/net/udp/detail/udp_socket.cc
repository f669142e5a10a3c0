// The socket options of datagrams, and a peer's address as the socket's family wants it.
// RFC 4291 §2.5.5.2, RFC 3542 §6.

#include "udp_socket.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "ropewalk/core/base/errno_text.h"
#include "ropewalk/core/base/error.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/net/detail/socket_address.h"
#include "ropewalk/core/net/stream/detail/connect_socket.h"

namespace ropewalk::detail {

namespace {

void setOption(int fd, int level, int option, int value) noexcept {
  ::setsockopt(fd, level, option, &value, sizeof value);
}

UniqueFd newSocket(int family) {
  return UniqueFd(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

/// What every port wants. Options that a kernel does not know are done without.
void prepare(int fd, int family, std::size_t receiveBuffer) {
  setOption(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
  if (receiveBuffer > 0) setOption(fd, SOL_SOCKET, SO_RCVBUF, static_cast<int>(receiveBuffer));
  // ip(7): otherwise a socket that is bound to any hears the groups that others have joined.
  setOption(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0);
  if (family == AF_INET6) setOption(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
}

bool isAny(const SocketAddress& address) {
  if (address.family() == AF_INET) {
    return reinterpret_cast<const sockaddr_in*>(address.get())->sin_addr.s_addr == INADDR_ANY;
  }
  return IN6_IS_ADDR_UNSPECIFIED(&reinterpret_cast<const sockaddr_in6*>(address.get())->sin6_addr);
}

/// Each datagram says which of our addresses it was sent to, so that the answer
/// can leave from there.
void askForLocalAddress(int fd, int family) {
  if (family == AF_INET6)
    setOption(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
  else
    setOption(fd, IPPROTO_IP, IP_PKTINFO, 1);
}

}  // namespace

SocketName::SocketName(const DatagramPeer& peer, int socketFamily) noexcept
    : bytes_(DatagramPeerAccess::storage(peer), DatagramPeerAccess::length(peer)) {
  if (socketFamily != AF_INET6 || DatagramPeerAccess::family(peer) != AF_INET) return;
  sockaddr_in four;
  std::memcpy(&four, bytes_.data(), sizeof four);
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = four.sin_port;
  six.sin6_addr.s6_addr[10] = six.sin6_addr.s6_addr[11] = 0xff;
  std::memcpy(&six.sin6_addr.s6_addr[12], &four.sin_addr, sizeof four.sin_addr);
  static_assert(sizeof six == sizeof mapped_);
  std::memcpy(mapped_.data(), &six, sizeof six);
  bytes_ = mapped_;
}

UniqueFd bindUDP(const Address& where, const ListenUDPOptions& options, bool dualStack,
                 int& error) {
  const SocketAddress address = SocketAddress::from(where);
  UniqueFd socket = newSocket(address.family());
  error = 0;
  if (!socket) {
    error = errno;
    return socket;
  }
  const int fd = socket.get();
  prepare(fd, address.family(), options.receiveBuffer);
  if (options.reusePort) setOption(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  if (options.reuseAddress) setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (options.broadcast) setOption(fd, SOL_SOCKET, SO_BROADCAST, 1);
  if (address.family() == AF_INET6) setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, dualStack ? 0 : 1);
  if (isAny(address)) askForLocalAddress(fd, address.family());
  if (::bind(fd, address.get(), address.length) != 0) error = errno;
  return socket;
}

UniqueFd connectedUDP(const Address& peer, const ConnectUDPOptions& options) {
  const SocketAddress to = SocketAddress::from(peer);
  UniqueFd socket = newSocket(to.family());
  if (!socket) connectFailure(peer, errno).raise();
  prepare(socket.get(), to.family(), options.receiveBuffer);
  if (!options.bindAddress.empty() || options.bindPort != 0) {
    const bool six = peer.family == Address::Family::IPv6;
    const Address own = options.bindAddress.empty()
                            ? Address::fromLiteral(six ? "::" : "0.0.0.0", options.bindPort)
                            : Address::fromLiteral(options.bindAddress, options.bindPort);
    const SocketAddress from = SocketAddress::from(own);
    if (::bind(socket.get(), from.get(), from.length) != 0)
      throw ConnectBindError(format("cannot send from {}: {}", own, errnoText(errno)));
  }
  if (::connect(socket.get(), to.get(), to.length) != 0) connectFailure(peer, errno).raise();
  return socket;
}

int takeError(int fd) noexcept {
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : 0;
}

bool setCoalescing(int fd) noexcept {
  const int on = 1;
  return ::setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on) == 0;
}

}  // namespace ropewalk::detail
