// DatagramOutbox: what a port has written and the kernel has not taken yet. DatagramSender: hands
// it over, many with one system call. Private to core/net.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "datagram_peer.h"

namespace ropewalk::detail {

/// A queue of datagrams: one block of bytes, and a list of who gets which. A port has one only
/// while something is in it; loops keep spare ones.
class DatagramOutbox {
 public:
  struct Entry {
    std::uint32_t at;        ///< of the data; the address follows it, aligned
    std::uint32_t size;      ///< of the data
    std::uint32_t nameSize;  ///< of the address; 0: a connected socket knows it
    LocalAddress source;
  };

  /// Room for a datagram and its address behind what is there; until the next call.
  [[nodiscard]] char* reserve(std::size_t size);
  /// Appends the first `size` bytes of what was reserved.
  void commit(std::size_t size, std::span<const unsigned char> name, const LocalAddress& source);
  /// Forgets the first ones.
  void remove(std::size_t count) noexcept;
  void clear() noexcept;

  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  /// Datagrams.
  [[nodiscard]] std::size_t count() const noexcept { return entries_.size(); }
  /// That it holds, addresses included.
  [[nodiscard]] std::size_t bytes() const noexcept { return used_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  [[nodiscard]] std::span<Entry> entries() noexcept { return entries_; }
  [[nodiscard]] char* data(const Entry& entry) const noexcept { return bytes_.get() + entry.at; }
  [[nodiscard]] char* name(const Entry& entry) const noexcept;

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
  std::size_t used_ = 0;
  std::vector<Entry> entries_;
};

/// The headers of one sendmmsg. One for all ports of a loop.
class DatagramSender {
 public:
  DatagramSender();

  static constexpr std::size_t kMessages = 1024;  // UIO_MAXIOV: what the kernel takes at once

  struct Style {
    int family = AF_INET;  ///< of the socket
    /// Runs of datagrams of at most this size to one peer become one message (UDP_SEGMENT).
    /// 0: none do.
    std::size_t segmentLimit = 0;
  };

  /// Prepares headers for the datagrams of `outbox` from `first` on.
  /// @return how many
  std::size_t prepare(DatagramOutbox& outbox, std::size_t first, const Style& style) noexcept;
  [[nodiscard]] mmsghdr* headers() noexcept { return headers_.get(); }
  /// How many datagrams the first `messages` messages stand for.
  [[nodiscard]] std::size_t datagrams(std::size_t messages) const noexcept;
  /// Whether the first message is a run of datagrams.
  [[nodiscard]] bool firstIsRun() const noexcept { return headers_[0].msg_hdr.msg_iovlen > 1; }

 private:
  struct alignas(cmsghdr) Control {
    std::array<char, CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(std::uint16_t))> bytes;
  };

  void addControl(std::size_t message, const LocalAddress& source, std::size_t segment,
                  const Style& style) noexcept;

  std::unique_ptr<mmsghdr[]> headers_;
  std::unique_ptr<iovec[]> parts_;
  std::unique_ptr<Control[]> control_;
};

}  // namespace ropewalk::detail
