// Goes down to the socket, and peeks at it without waiting. recv(2).

#include "wire.h"

#include <sys/socket.h>

#include <cerrno>

#include "ropewalk/core/net/stream/detail/stream_transport.h"

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

}  // namespace ropewalk
