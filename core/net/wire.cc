#include "ropewalk/core/net/wire.h"

#include <linux/tcp.h>  // netinet/tcp.h has a shorter tcp_info
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>

#include "ropewalk/core/net/stream_transport.h"

namespace ropewalk {

namespace {

/// The descriptor at the bottom; -1 where there is none.
int descriptorOf(Transport& transport) noexcept {
  Transport* layer = &transport;
  while (Transport* below = layer->below()) layer = below;
  const auto* stream = dynamic_cast<detail::StreamTransport*>(layer);
  return stream != nullptr ? stream->fd() : -1;
}

}  // namespace

bool isQuiet(Transport& transport) noexcept {
  const int fd = descriptorOf(transport);
  if (fd < 0) return true;
  char byte = 0;
  const ssize_t got = ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 &&
         (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ENOTSOCK);
}

std::optional<std::uint64_t> acknowledgedBytes(Transport& transport) noexcept {
  const int fd = descriptorOf(transport);
  tcp_info info{};
  socklen_t size = sizeof info;
  if (fd < 0 || ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  // Kernels before 4.1 do not count them.
  if (size < offsetof(tcp_info, tcpi_bytes_acked) + sizeof info.tcpi_bytes_acked)
    return std::nullopt;
  return info.tcpi_bytes_acked;
}

}  // namespace ropewalk
