// What the kernel alone costs: a TCP echo that sends back what it reads, and looks for no lines.
// limit_lines [PORT]; prints its port.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

void watch(int epoll, int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

int listening(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0) std::exit(1);
  listen(fd, 4096);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  std::printf("%u\n", static_cast<unsigned>(ntohs(address.sin_port)));
  std::fflush(stdout);
  return fd;
}

void accept(int epoll, int port) {
  const int fd = accept4(port, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return;
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  watch(epoll, fd, EPOLLIN | EPOLLRDHUP | EPOLLET);
}

/// What fills the buffer is never seen: the load has less in flight.
void echo(int fd) {
  static char buffer[64 * 1024];
  const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
  if (got > 0) {
    send(fd, buffer, static_cast<std::size_t>(got), MSG_NOSIGNAL);
  } else if (got == 0) {
    close(fd);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int port = listening(static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0));
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  watch(epoll, port, EPOLLIN);
  static epoll_event events[256];
  while (true) {
    const int count = epoll_wait(epoll, events, 256, -1);
    for (int i = 0; i < count; ++i) {
      events[i].data.fd == port ? accept(epoll, port) : echo(events[i].data.fd);
    }
  }
}
