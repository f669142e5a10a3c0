// AresSockets: the system calls that c-ares makes, so that it hears of every refusal;
// a private header.
#pragma once

#include <ares.h>

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace ropewalk::detail {

/// "192.0.2.1:53", "[::1]:53".
[[nodiscard]] std::string serverText(int family, const void* address, std::uint16_t port);

/// Opens, connects, reads and writes c-ares's sockets.
///
/// The kernel tells with the next call that a datagram was refused (ICMP). When that call sends the
/// next question, c-ares 1.18 moves this one to another server, and waits for an answer to the
/// refused one until its time is over. So a send says nothing, and the refusal comes out of the
/// next read, where c-ares gives up the server for all that it was asked.
class AresSockets {
 public:
  /// @param refused  told of a socket that has to be read from though nothing came; not to be done
  ///                 within the call
  explicit AresSockets(std::function<void(int fd)> refused) : refused_(std::move(refused)) {}
  AresSockets(const AresSockets&) = delete;
  AresSockets& operator=(const AresSockets&) = delete;

  /// Must outlive the channel.
  void serve(ares_channel channel);
  /// The server that something came from last, "192.0.2.1:53" or "[::1]:53"; "" before that.
  [[nodiscard]] const std::string& answeredLast() const noexcept { return answeredLast_; }

 private:
  static ares_socket_t open(int family, int type, int protocol, void* self);
  static int close(ares_socket_t fd, void* self);
  static int connect(ares_socket_t fd, const sockaddr* to, ares_socklen_t size, void* self);
  static ares_ssize_t receive(ares_socket_t fd, void* data, std::size_t size, int flags,
                              sockaddr* from, ares_socklen_t* fromSize, void* self);
  static ares_ssize_t send(ares_socket_t fd, const iovec* parts, int count, void* self);

  std::function<void(int fd)> refused_;
  std::set<int> pending_;               // refusals that a send met
  std::map<int, std::string> servers_;  // whom each socket is connected to
  std::string answeredLast_{};
};

}  // namespace ropewalk::detail
