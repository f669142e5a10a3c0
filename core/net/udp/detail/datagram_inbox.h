// DatagramInbox: where a loop receives datagrams to, many with one system call.
// Private to core/net.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "ropewalk/core/net/datagram.h"

namespace ropewalk::detail {

/// What one recvmmsg writes to: headers, senders, control messages, bytes. One for all ports of a
/// loop, as each empties it before the next one receives; so an idle port owns none of it.
class DatagramInbox {
 public:
  /// At most so many for one call. Past 32 nothing is gained but a call for each 64.
  static constexpr std::size_t kMessages = 64;

  /// One message: usually a datagram; with UDP_GRO a run of them.
  struct Message {
    std::string_view data;
    const DatagramPeer& peer;
    bool truncated;
    std::size_t segment;  ///< bytes of each datagram in the run but the last; 0: it is one datagram
    std::optional<std::uint32_t> dropped;  ///< by the kernel, since the socket was opened
  };

  /// Makes room for datagrams of this size, so that receive() need not, and cannot fail.
  void reserve(std::size_t size);
  /// recvmmsg, without waiting.
  /// @param size  of each datagram, at most; reserved
  /// @return      how many came, or minus errno
  int receive(int fd, std::size_t size) noexcept;
  /// How many receive() asked for.
  [[nodiscard]] std::size_t asked() const noexcept { return slots_; }
  /// The index-th that came. May be called once for each.
  [[nodiscard]] Message message(std::size_t index) noexcept;

 private:
  // in_pktinfo, in6_pktinfo, a drop counter and a segment size, if all came at once.
  static constexpr std::size_t kControl = CMSG_SPACE(sizeof(in_pktinfo)) +
                                          CMSG_SPACE(sizeof(in6_pktinfo)) +
                                          2 * CMSG_SPACE(sizeof(int));
  struct alignas(cmsghdr) Control {
    std::array<char, kControl> bytes;
  };

  void prepare(std::size_t size) noexcept;
  void arm(std::size_t index) noexcept;
  void readControl(msghdr& header, DatagramPeer& peer, Message& message) const noexcept;

  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;   // of a slot, as prepared
  std::size_t slots_ = 0;  // that are prepared
  std::size_t used_ = 0;   // by the last call: to be armed again
  std::array<mmsghdr, kMessages> headers_{};
  std::array<iovec, kMessages> parts_{};
  std::array<DatagramPeer, kMessages> peers_;
  std::array<Control, kMessages> control_;
};

}  // namespace ropewalk::detail
