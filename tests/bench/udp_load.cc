// Keeps a number of datagrams in flight to an echo server on this machine, and counts what comes
// back: udp_load PORT SECONDS [SOCKETS [IN_FLIGHT [BYTES]]]. IN_FLIGHT is for each socket. Prints
// how many came back, and how many did not.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

constexpr std::size_t kMessages = 64;
constexpr std::size_t kLargest = 9000;
constexpr int kLost = 20;  // milliseconds of silence: the kernel has dropped what was in flight

std::size_t argument(int argc, char** argv, int index, std::size_t otherwise) {
  return argc > index ? static_cast<std::size_t>(std::atol(argv[index])) : otherwise;
}

struct Messages {
  std::vector<char> bytes = std::vector<char>(kMessages * kLargest, 'x');
  mmsghdr headers[kMessages] = {};
  iovec parts[kMessages] = {};

  explicit Messages(std::size_t size) {
    for (std::size_t i = 0; i < kMessages; ++i) {
      parts[i] = {bytes.data() + i * kLargest, size};
      headers[i].msg_hdr.msg_iov = &parts[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
  }
};

int connected(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) std::exit(1);
  return fd;
}

void send(int fd, Messages& messages, std::size_t count) {
  while (count > 0) {
    const std::size_t some = count < kMessages ? count : kMessages;
    if (sendmmsg(fd, messages.headers, static_cast<unsigned>(some), 0) < 0) return;
    count -= some;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(std::atoi(argv[2]));
  const std::size_t sockets = argument(argc, argv, 3, 1);
  const std::size_t inFlight = argument(argc, argv, 4, 64);
  Messages outgoing(argument(argc, argv, 5, 64));
  Messages incoming(kLargest);

  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  std::vector<int> fds;
  for (std::size_t i = 0; i < sockets; ++i) {
    fds.push_back(connected(port));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fds.back();
    epoll_ctl(epoll, EPOLL_CTL_ADD, fds.back(), &event);
    send(fds.back(), outgoing, inFlight);
  }
  std::uint64_t answers = 0;
  std::uint64_t lost = 0;
  std::vector<epoll_event> events(256);
  while (std::chrono::steady_clock::now() < until) {
    const int ready = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), kLost);
    for (int i = 0; i < ready; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      const int got = recvmmsg(fd, incoming.headers, kMessages, MSG_DONTWAIT, nullptr);
      if (got <= 0) continue;
      answers += static_cast<std::uint64_t>(got);
      send(fd, outgoing, static_cast<std::size_t>(got));
    }
    if (ready > 0) continue;
    lost += sockets * inFlight;  // at most
    for (const int fd : fds) send(fd, outgoing, inFlight);
  }
  std::printf("%llu answers, %llu lost\n", static_cast<unsigned long long>(answers),
              static_cast<unsigned long long>(lost));
}
