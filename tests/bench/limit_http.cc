// What the kernel alone costs: an epoll server that parses nothing. It counts empty lines, and
// answers each with the same bytes that http_hello would send. Everything slower than this is our
// own doing. Prints its port.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

constexpr char kAnswer[] =
    "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain; "
    "charset=utf-8\r\n"
    "Content-Length: 6\r\n\r\nhello\n";
constexpr std::size_t kAnswerSize = sizeof kAnswer - 1;

struct Connection {
  int fd = -1;
  std::uint8_t matched = 0;  // how much of "\r\n\r\n" the last bytes were
};

/// How many heads end in these bytes.
std::size_t countHeads(Connection& connection, const char* data, std::size_t size) {
  std::size_t heads = 0;
  std::uint8_t matched = connection.matched;
  for (const char* at = data; at < data + size; ++at) {
    if (matched == 0) {
      at = static_cast<const char*>(
          std::memchr(at, '\r', static_cast<std::size_t>(data + size - at)));
      if (at == nullptr) break;
      matched = 1;
    } else if (*at == (matched % 2 == 0 ? '\r' : '\n')) {
      if (++matched == 4) {
        ++heads;
        matched = 0;
      }
    } else {
      matched = *at == '\r' ? 1 : 0;
    }
  }
  connection.matched = matched;
  return heads;
}

int listenOn(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0 || listen(fd, 4096) != 0)
    std::exit(1);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  std::printf("%u\n", static_cast<unsigned>(ntohs(address.sin_port)));
  std::fflush(stdout);
  return fd;
}

void acceptAll(int epoll, int listener) {
  while (true) {
    const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
    event.data.ptr = new Connection{fd};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int listener = listenOn(static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0));
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{};
  event.events = EPOLLIN;
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  std::vector<char> buffer(64 * 1024);
  std::string answers;
  epoll_event events[256];
  while (true) {
    const int ready = epoll_wait(epoll, events, 256, -1);
    for (int i = 0; i < ready; ++i) {
      auto* connection = static_cast<Connection*>(events[i].data.ptr);
      if (connection == nullptr) {
        acceptAll(epoll, listener);
        continue;
      }
      const ssize_t got = recv(connection->fd, buffer.data(), buffer.size(), 0);
      if (got <= 0) {
        close(connection->fd);
        delete connection;
        continue;
      }
      const std::size_t heads =
          countHeads(*connection, buffer.data(), static_cast<std::size_t>(got));
      answers.clear();
      for (std::size_t n = 0; n < heads; ++n) answers.append(kAnswer, kAnswerSize);
      if (heads > 0 && send(connection->fd, answers.data(), answers.size(), MSG_NOSIGNAL) < 0)
        continue;
    }
  }
}
