// Multicast and broadcast options of datagram sockets, for both families. RFC 3678, RFC 3493 §5.2.

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <cerrno>
#include <memory>

#include "ropewalk/core/base/errno_text.h"
#include "ropewalk/core/base/error.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/net/detail/socket_address.h"
#include "ropewalk/core/net/udp/detail/udp_socket.h"

namespace ropewalk::detail {

namespace {

int familyOf(int fd) noexcept {
  int family = AF_UNSPEC;
  socklen_t size = sizeof family;
  ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size);
  return family;
}

int levelOf(int family) noexcept { return family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP; }

[[noreturn]] void cannot(std::string_view what, int error) {
  throw SocketOptionError(format("cannot {}: {}", what, errnoText(error)));
}

template <class T>
void setOption(int fd, int level, int option, const T& value, std::string_view what) {
  if (::setsockopt(fd, level, option, &value, sizeof value) != 0) cannot(what, errno);
}

/// For what each family has an option of its own for: a dual-stack socket wants both.
void setForFamilies(int fd, int option4, int option6, int value, std::string_view what) {
  const int family = familyOf(fd);
  if (family == AF_INET6) setOption(fd, IPPROTO_IPV6, option6, value, what);
  setOption(fd, IPPROTO_IP, option4, value, what);
}

/// The interface that has this address; 0 when none has.
unsigned interfaceOf(const Address& address) {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return 0;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> all(list, &::freeifaddrs);
  for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr) continue;
    const int family = each->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    SocketAddress own;
    own.length = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    std::memcpy(&own.storage, each->ifa_addr, own.length);
    const std::string host = own.toAddress().host;
    if (host.substr(0, host.find('%')) == address.host) return ::if_nametoindex(each->ifa_name);
  }
  return 0;
}

/// @return the number of an interface; 0 for an empty name: the kernel chooses
unsigned interfaceIndex(std::string_view name) {
  if (name.empty()) return 0;
  unsigned index = ::if_nametoindex(std::string(name).c_str());
  if (index == 0) index = interfaceOf(Address::fromLiteral(name, 0));
  if (index == 0) {
    throw SocketOptionError(
        format("cannot use interface '{}': this machine has none of that name or address", name));
  }
  return index;
}

SocketAddress literal(std::string_view text, std::string_view what) {
  const Address address = Address::fromLiteral(text, 0);
  if (address.family == Address::Family::none)
    throw SocketOptionError(format("cannot {}: '{}' is no IP address", what, text));
  return SocketAddress::from(address);
}

}  // namespace

void changeMembership(int fd, Membership change, std::string_view group, std::string_view source,
                      std::string_view interface) {
  const bool join = change == Membership::join;
  const std::string what =
      format("{} group {}{}{}{}{}", join ? "join" : "leave", group, source.empty() ? "" : " from ",
             source, interface.empty() ? "" : " on ", interface);
  if (const auto percent = group.find('%'); percent != std::string_view::npos) {
    if (interface.empty()) interface = group.substr(percent + 1);
    group = group.substr(0, percent);
  }
  const SocketAddress to = literal(group, what);
  if (familyOf(fd) == AF_UNIX) cannot(what, EOPNOTSUPP);
  const int level = levelOf(to.family());
  if (source.empty()) {
    group_req request{};
    request.gr_interface = interfaceIndex(interface);
    request.gr_group = to.storage;
    return setOption(fd, level, join ? MCAST_JOIN_GROUP : MCAST_LEAVE_GROUP, request, what);
  }
  group_source_req request{};
  request.gsr_interface = interfaceIndex(interface);
  request.gsr_group = to.storage;
  request.gsr_source = literal(source, what).storage;
  setOption(fd, level, join ? MCAST_JOIN_SOURCE_GROUP : MCAST_LEAVE_SOURCE_GROUP, request, what);
}

void setMulticastInterface(int fd, std::string_view interface) {
  const std::string what = format("send to groups by interface '{}'", interface);
  const unsigned index = interfaceIndex(interface);
  if (familyOf(fd) == AF_INET6) setOption(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, index, what);
  ip_mreqn request{};
  request.imr_ifindex = static_cast<int>(index);
  setOption(fd, IPPROTO_IP, IP_MULTICAST_IF, request, what);
}

void setMulticastTTL(int fd, int hops) {
  const std::string what = format("set the multicast TTL to {}", hops);
  if (hops < 0 || hops > 255) throw SocketOptionError(format("cannot {}: it is 0 to 255", what));
  setForFamilies(fd, IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS, hops, what);
}

void setMulticastLoopback(int fd, bool on) {
  setForFamilies(fd, IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP, on ? 1 : 0,
                 on ? "turn multicast loopback on" : "turn multicast loopback off");
}

void setBroadcastAllowed(int fd, bool on) {
  setOption(fd, SOL_SOCKET, SO_BROADCAST, on ? 1 : 0,
            on ? "allow broadcasting" : "forbid broadcasting");
}

}  // namespace ropewalk::detail
