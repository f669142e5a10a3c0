// Addresses to sockaddr and back, IPv6 scopes and abstract UNIX names included.
// RFC 4007 §11, unix(7).

#include "socket_address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <array>
#include <cstddef>
#include <cstring>

#include "ropewalk/core/base/error.h"
#include "ropewalk/core/base/format.h"

namespace ropewalk {

namespace {

/// Splits "fe80::1%eth0" and finds the number of its scope; 0 when there is none.
std::uint32_t scopeOf(std::string& host) {
  const auto percent = host.find('%');
  if (percent == std::string::npos) return 0;
  const std::string scope = host.substr(percent + 1);
  host.resize(percent);
  return ::if_nametoindex(scope.c_str());
}

bool parseIPv4(const std::string& host, in_addr& out) {
  return ::inet_pton(AF_INET, host.c_str(), &out) == 1;
}

bool parseIPv6(std::string host, sockaddr_in6& out) {
  out.sin6_scope_id = scopeOf(host);
  return ::inet_pton(AF_INET6, host.c_str(), &out.sin6_addr) == 1;
}

}  // namespace

Address Address::fromLiteral(std::string_view literal, std::uint16_t port) {
  std::string host(literal);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  in_addr four{};
  if (parseIPv4(host, four)) return IPv4(host, port);
  sockaddr_in6 six{};
  if (parseIPv6(host, six)) return IPv6(host, port);
  return {};
}

bool Address::isLoopback() const {
  return family == Family::UNIX || (family == Family::IPv4 && host.starts_with("127.")) ||
         (family == Family::IPv6 && (host == "::1" || host.starts_with("::ffff:127.")));
}

std::string toText(const Address& address) {
  switch (address.family) {
    case Address::Family::IPv4:
      return address.host + ":" + std::to_string(address.port);
    case Address::Family::IPv6:
      return "[" + address.host + "]:" + std::to_string(address.port);
    case Address::Family::UNIX:
      return "unix:" + address.host;
    case Address::Family::none:
      break;
  }
  return "nowhere";
}

namespace detail {

namespace {

SocketAddress fromPath(const std::string& path) {
  SocketAddress result;
  auto& un = reinterpret_cast<sockaddr_un&>(result.storage);
  const bool abstract = path.starts_with('@');
  if (path.empty() || path.size() >= sizeof un.sun_path || path.find('\0') != std::string::npos) {
    throw InvalidAddressError(
        format("cannot use UNIX path '{}': it must have 1 to {} bytes and no NUL", path,
               sizeof un.sun_path - 1));
  }
  un.sun_family = AF_UNIX;
  std::memcpy(un.sun_path, path.data(), path.size());
  if (abstract) un.sun_path[0] = '\0';
  // An abstract name is as long as its length says; a path ends at its NUL.
  result.length =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (abstract ? 0 : 1));
  return result;
}

Address unixAddress(const sockaddr_un& un, socklen_t length) {
  const std::size_t used =
      length > offsetof(sockaddr_un, sun_path) ? length - offsetof(sockaddr_un, sun_path) : 0;
  if (used == 0) return Address::UNIX("");
  if (un.sun_path[0] != '\0') return Address::UNIX({un.sun_path, ::strnlen(un.sun_path, used)});
  return Address::UNIX("@" + std::string(un.sun_path + 1, used - 1));
}

Address inet6Address(const sockaddr_in6& in) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (IN6_IS_ADDR_V4MAPPED(&in.sin6_addr)) {
    // A dual-stack socket's IPv4 peers: everyone expects to read them as IPv4.
    ::inet_ntop(AF_INET, &in.sin6_addr.s6_addr[12], text.data(), text.size());
    return Address::IPv4(text.data(), ntohs(in.sin6_port));
  }
  ::inet_ntop(AF_INET6, &in.sin6_addr, text.data(), text.size());
  std::string host = text.data();
  std::array<char, IF_NAMESIZE> scope{};
  if (in.sin6_scope_id != 0 && ::if_indextoname(in.sin6_scope_id, scope.data()) != nullptr) {
    host += '%';
    host += scope.data();
  }
  return Address::IPv6(host, ntohs(in.sin6_port));
}

}  // namespace

SocketAddress SocketAddress::from(const Address& address) {
  if (address.family == Address::Family::UNIX) return fromPath(address.host);
  SocketAddress result;
  if (address.family == Address::Family::IPv4) {
    auto& in = reinterpret_cast<sockaddr_in&>(result.storage);
    in.sin_family = AF_INET;
    in.sin_port = htons(address.port);
    result.length = sizeof in;
    if (parseIPv4(address.host, in.sin_addr)) return result;
  } else if (address.family == Address::Family::IPv6) {
    auto& in = reinterpret_cast<sockaddr_in6&>(result.storage);
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(address.port);
    result.length = sizeof in;
    if (parseIPv6(address.host, in)) return result;
  }
  throw InvalidAddressError(format("'{}' is no IP address", address.host));
}

Address SocketAddress::toAddress() const {
  switch (storage.ss_family) {
    case AF_INET: {
      const auto& in = reinterpret_cast<const sockaddr_in&>(storage);
      std::array<char, INET_ADDRSTRLEN> text{};
      ::inet_ntop(AF_INET, &in.sin_addr, text.data(), text.size());
      return Address::IPv4(text.data(), ntohs(in.sin_port));
    }
    case AF_INET6:
      return inet6Address(reinterpret_cast<const sockaddr_in6&>(storage));
    case AF_UNIX:
      return unixAddress(reinterpret_cast<const sockaddr_un&>(storage), length);
    default:
      return {};
  }
}

Address SocketAddress::ofHost(int fd) {
  SocketAddress address;
  return ::getsockname(fd, address.get(), &address.length) == 0 ? address.toAddress() : Address{};
}

Address SocketAddress::ofPeer(int fd) {
  SocketAddress address;
  return ::getpeername(fd, address.get(), &address.length) == 0 ? address.toAddress() : Address{};
}

}  // namespace detail
}  // namespace ropewalk
