// What the kernel alone costs a client: epoll, the same request again and again, and a look for the
// end of the answer. It parses nothing, and knows no time-out. limit_http_client PORT COUNT
// [ACROSS], as http_client.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::string_view kBody = "hello\n";

struct Load {
  std::string request;
  std::size_t wanted = 0;
  std::size_t asked = 0;
  std::size_t answered = 0;
};

struct Connection {
  int fd = -1;
  std::string part;  // of an answer that is not all there
};

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

int connectTo(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("connect");
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

void ask(Load& load, const Connection& connection) {
  if (load.asked == load.wanted) return;
  ++load.asked;
  if (send(connection.fd, load.request.data(), load.request.size(), MSG_NOSIGNAL) < 0) fail("send");
}

bool whole(std::string_view answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  return end != std::string_view::npos && answer.size() == end + 4 + kBody.size();
}

void readable(Load& load, Connection& connection, std::vector<char>& buffer) {
  const ssize_t got = recv(connection.fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got <= 0) fail("recv");
  const std::string_view data(buffer.data(), static_cast<std::size_t>(got));
  if (!connection.part.empty() || !whole(data)) {
    connection.part.append(data);
    if (!whole(connection.part)) return;
    connection.part.clear();
  }
  ++load.answered;
  ask(load, connection);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::string port = argv[1];
  Load load;
  load.request = "GET / HTTP/1.1\r\nHost: 127.0.0.1:" + port +
                 "\r\nUser-Agent: ropewalk/0.1\r\nAccept: */*\r\n\r\n";
  load.wanted = std::strtoull(argv[2], nullptr, 10);
  const std::size_t across = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1;

  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  std::vector<Connection> connections(across);
  for (Connection& connection : connections) {
    connection.fd = connectTo(static_cast<std::uint16_t>(std::atoi(port.c_str())));
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
    event.data.ptr = &connection;
    epoll_ctl(epoll, EPOLL_CTL_ADD, connection.fd, &event);
    ask(load, connection);
  }
  std::vector<char> buffer(64 * 1024);
  epoll_event events[256];
  while (load.answered < load.wanted) {
    const int ready = epoll_wait(epoll, events, 256, -1);
    for (int i = 0; i < ready; ++i)
      readable(load, *static_cast<Connection*>(events[i].data.ptr), buffer);
  }
  std::printf("%zu\n", load.answered);
}
