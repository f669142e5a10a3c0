// A client socket without any protocol, for talking to a server that runs on the same thread.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "ropewalk/core/base/fd.h"

namespace ropewalk::http {

class PlainClient {
 public:
  explicit PlainClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    static_cast<void>(::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address));
  }

  void send(std::string_view bytes) {
    outgoing_.append(bytes);
    sendMore();
  }
  /// Sends what the kernel takes.
  void sendMore() {
    while (!outgoing_.empty()) {
      const ssize_t taken =
          ::send(fd_.get(), outgoing_.data(), outgoing_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (taken <= 0) return;
      outgoing_.erase(0, static_cast<std::size_t>(taken));
    }
  }
  /// Takes what there is. @return whether the server has closed
  bool receive() {
    sendMore();
    char buffer[65536];
    while (true) {
      const ssize_t got = ::recv(fd_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
      if (got > 0) {
        received_.append(buffer, static_cast<std::size_t>(got));
        continue;
      }
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
      reset_ = got < 0;
      return true;
    }
  }
  void resetOnClose() {
    const linger now{1, 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }

  const std::string& received() const { return received_; }
  std::size_t unsent() const { return outgoing_.size(); }
  bool reset() const { return reset_; }

 private:
  UniqueFd fd_;
  std::string outgoing_;
  std::string received_;
  bool reset_ = false;
};

/// What this process holds in memory now.
inline std::size_t residentBytes() {
  long total = 0;
  long resident = 0;
  if (std::FILE* statm = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(statm, "%ld %ld", &total, &resident) != 2) resident = 0;
    std::fclose(statm);
  }
  return static_cast<std::size_t>(resident) * 4096;
}

}  // namespace ropewalk::http
