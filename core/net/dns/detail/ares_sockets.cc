// The five functions that c-ares calls instead of the system's.

#include "ares_sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

#include "ropewalk/core/base/format.h"

namespace ropewalk::detail {

namespace {

bool isDatagram(int fd) noexcept {
  int type = 0;
  socklen_t size = sizeof type;
  return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_DGRAM;
}

}  // namespace

std::string serverText(int family, const void* address, std::uint16_t port) {
  char text[INET6_ADDRSTRLEN] = "";
  ::inet_ntop(family, address, text, sizeof text);
  return format(family == AF_INET6 ? "[{}]:{}" : "{}:{}", text, port);
}

void AresSockets::serve(ares_channel channel) {
  static const ares_socket_functions functions{&AresSockets::open, &AresSockets::close,
                                               &AresSockets::connect, &AresSockets::receive,
                                               &AresSockets::send};
  ares_set_socket_functions(channel, &functions, this);
}

ares_socket_t AresSockets::open(int family, int type, int protocol, void* /*self*/) {
  const int fd = ::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
  const int on = 1;
  if (fd >= 0 && type == SOCK_STREAM)
    (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

int AresSockets::close(ares_socket_t fd, void* self) {
  static_cast<AresSockets*>(self)->pending_.erase(fd);
  static_cast<AresSockets*>(self)->servers_.erase(fd);
  return ::close(fd);
}

int AresSockets::connect(ares_socket_t fd, const sockaddr* to, ares_socklen_t size, void* self) {
  std::string& server = static_cast<AresSockets*>(self)->servers_[fd];
  if (to->sa_family == AF_INET) {
    const auto* address = reinterpret_cast<const sockaddr_in*>(to);
    server = serverText(AF_INET, &address->sin_addr, ntohs(address->sin_port));
  } else if (to->sa_family == AF_INET6) {
    const auto* address = reinterpret_cast<const sockaddr_in6*>(to);
    server = serverText(AF_INET6, &address->sin6_addr, ntohs(address->sin6_port));
  }
  return ::connect(fd, to, size);
}

ares_ssize_t AresSockets::receive(ares_socket_t fd, void* data, std::size_t size, int flags,
                                  sockaddr* from, ares_socklen_t* fromSize, void* self) {
  if (static_cast<AresSockets*>(self)->pending_.erase(fd) != 0) {
    errno = ECONNREFUSED;
    return -1;
  }
  const ssize_t got = ::recvfrom(fd, data, size, flags, from, fromSize);
  AresSockets& sockets = *static_cast<AresSockets*>(self);
  if (got > 0) sockets.answeredLast_ = sockets.servers_[fd];
  return got;
}

ares_ssize_t AresSockets::send(ares_socket_t fd, const iovec* parts, int count, void* self) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts);  // sendmsg does not change it
  message.msg_iovlen = static_cast<std::size_t>(count);
  const ssize_t sent = ::sendmsg(fd, &message, MSG_NOSIGNAL);
  if (sent >= 0 || errno != ECONNREFUSED || !isDatagram(fd)) return sent;
  AresSockets& sockets = *static_cast<AresSockets*>(self);
  if (sockets.pending_.insert(fd).second) sockets.refused_(fd);
  ares_ssize_t size = 0;
  for (int i = 0; i < count; ++i) size += static_cast<ares_ssize_t>(parts[i].iov_len);
  return size;
}

}  // namespace ropewalk::detail
