// Sends lines to an echo server on this machine, and waits for all of them before the next:
// line_load PORT SECONDS [CONNECTIONS [DEEP [BYTES]]]. DEEP lines of BYTES go in one write. Prints
// how many came back.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

std::size_t argument(int argc, char** argv, int index, std::size_t otherwise) {
  return argc > index ? static_cast<std::size_t>(std::atol(argv[index])) : otherwise;
}

int connected(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) std::exit(1);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(std::atoi(argv[2]));
  const std::size_t connections = argument(argc, argv, 3, 64);
  const std::size_t deep = argument(argc, argv, 4, 1);
  std::string lines;
  for (std::size_t i = 0; i < deep; ++i)
    lines += std::string(argument(argc, argv, 5, 32) - 2, 'x') + "\r\n";

  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  std::vector<std::size_t> missing;  // bytes, by descriptor
  for (std::size_t i = 0; i < connections; ++i) {
    const int fd = connected(port);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    missing.resize(static_cast<std::size_t>(fd) + 1);
    missing.back() = lines.size();
    send(fd, lines.data(), lines.size(), MSG_NOSIGNAL);
  }
  std::uint64_t answered = 0;
  std::vector<epoll_event> events(connections);
  std::vector<char> buffer(64 * 1024);
  while (std::chrono::steady_clock::now() < until) {
    const int count = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 1000);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      const ssize_t got = recv(fd, buffer.data(), buffer.size(), 0);
      if (got <= 0) return 1;
      std::size_t& left = missing[static_cast<std::size_t>(fd)];
      left -= static_cast<std::size_t>(got);
      if (left > 0) continue;
      answered += deep;
      left = lines.size();
      send(fd, lines.data(), lines.size(), MSG_NOSIGNAL);
    }
  }
  std::printf("%llu lines\n", static_cast<unsigned long long>(answered));
}
