// What the kernel alone costs: a UDP echo that parses nothing: one recvmmsg, and one sendmmsg of
// the same buffers. Everything slower than this is our own doing. limit_udp [PORT]; prints its
// port.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

constexpr std::size_t kMessages = 64;
constexpr std::size_t kSize = 8192 + 64;  // off the power of two, for the caches' sake

int bound(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0) std::exit(1);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  std::printf("%u\n", static_cast<unsigned>(ntohs(address.sin_port)));
  std::fflush(stdout);
  return fd;
}

struct Messages {
  std::vector<char> bytes = std::vector<char>(kMessages * kSize);
  mmsghdr headers[kMessages] = {};
  iovec parts[kMessages] = {};
  sockaddr_in names[kMessages] = {};

  Messages() {
    for (std::size_t i = 0; i < kMessages; ++i) {
      parts[i] = {bytes.data() + i * kSize, kSize};
      headers[i].msg_hdr.msg_name = &names[i];
      headers[i].msg_hdr.msg_namelen = sizeof names[i];
      headers[i].msg_hdr.msg_iov = &parts[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
  }
};

/// @return false when there is nothing more
bool echoBatch(int fd, Messages& messages) {
  const int got = recvmmsg(fd, messages.headers, kMessages, MSG_DONTWAIT, nullptr);
  if (got <= 0) return false;
  for (int i = 0; i < got; ++i) messages.parts[i].iov_len = messages.headers[i].msg_len;
  for (int sent = 0; sent < got;) {
    const int taken =
        sendmmsg(fd, messages.headers + sent, static_cast<unsigned>(got - sent), MSG_DONTWAIT);
    sent += taken > 0 ? taken : 1;
  }
  for (int i = 0; i < got; ++i) {
    messages.parts[i].iov_len = kSize;
    messages.headers[i].msg_hdr.msg_namelen = sizeof messages.names[i];
  }
  return got == static_cast<int>(kMessages);
}

}  // namespace

int main(int argc, char** argv) {
  const int fd = bound(static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0));
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  Messages messages;
  while (true) {
    if (epoll_wait(epoll, &event, 1, -1) < 0 && errno != EINTR) return 1;
    while (echoBatch(fd, messages)) {
    }
  }
}
