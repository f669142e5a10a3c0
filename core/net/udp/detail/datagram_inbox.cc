// recvmmsg into slots of one block, spread over the cache lines, and what its control
// messages tell: the address of ours, drops, UDP_GRO segments. ip(7), RFC 3542 §6.

#include "datagram_inbox.h"

#include <netinet/udp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "datagram_peer.h"

namespace ropewalk::detail {

namespace {

constexpr std::size_t kCacheLine = 64;
constexpr std::size_t kCapacity = 64 * (8192 + kCacheLine);  // kMessages of the default size
constexpr std::size_t kLargest = 64 * 1024;                  // with UDP_GRO
constexpr std::size_t kRuns = 16;                            // of that size: a batch is 1 MiB

/// A cache line more than a power of two, or the beginnings of all datagrams would compete for the
/// same few lines of the cache.
constexpr std::size_t strideOf(std::size_t size) noexcept {
  return (size + kCacheLine - 1) / kCacheLine * kCacheLine + kCacheLine;
}

template <class T>
T dataOf(const cmsghdr& control) noexcept {
  T value;
  std::memcpy(&value, CMSG_DATA(&control), sizeof value);
  return value;
}

bool isMulticast(const in6_addr& address) noexcept { return IN6_IS_ADDR_MULTICAST(&address); }

bool isIPv4Group(const unsigned char* address) noexcept {
  return address[0] >= 224;  // multicast, and 255.255.255.255
}

void setLocal6(DatagramPeer& peer, const in6_pktinfo& info) noexcept {
  const unsigned char* bytes = info.ipi6_addr.s6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&info.ipi6_addr)) {
    const unsigned char* four = bytes + 12;
    DatagramPeerAccess::setLocal(peer, AF_INET, four, !isIPv4Group(four), info.ipi6_ifindex);
  } else {
    DatagramPeerAccess::setLocal(peer, AF_INET6, bytes, !isMulticast(info.ipi6_addr),
                                 info.ipi6_ifindex);
  }
}

void setLocal4(DatagramPeer& peer, const in_pktinfo& info) noexcept {
  // ip(7): ipi_addr is what the header says, ipi_spec_dst the address of ours that it came to.
  const bool ours = info.ipi_addr.s_addr == info.ipi_spec_dst.s_addr;
  DatagramPeerAccess::setLocal(peer, AF_INET, &info.ipi_addr, ours,
                               static_cast<std::uint32_t>(info.ipi_ifindex));
}

}  // namespace

void DatagramInbox::reserve(std::size_t size) {
  const std::size_t wanted =
      std::max(kCapacity, size >= kLargest ? kRuns * strideOf(size) : strideOf(size));
  if (wanted <= capacity_) return;
  auto bytes = std::make_unique_for_overwrite<char[]>(wanted);
  bytes_ = std::move(bytes);
  capacity_ = wanted;
  size_ = 0;  // to be prepared again
}

int DatagramInbox::receive(int fd, std::size_t size) noexcept {
  if (size != size_) prepare(size);
  for (std::size_t i = 0; i < used_; ++i) arm(i);
  const int got =
      ::recvmmsg(fd, headers_.data(), static_cast<unsigned>(slots_), MSG_DONTWAIT, nullptr);
  const int error = errno;
  used_ = got > 0 ? static_cast<std::size_t>(got) : 1;
  return got >= 0 ? got : -error;
}

void DatagramInbox::prepare(std::size_t size) noexcept {
  const std::size_t stride = strideOf(size);
  size_ = size;
  slots_ = std::min(kMessages, capacity_ / stride);
  used_ = 0;
  for (std::size_t i = 0; i < slots_; ++i) {
    parts_[i] = {bytes_.get() + i * stride, size};
    arm(i);
  }
}

void DatagramInbox::arm(std::size_t index) noexcept {
  msghdr& header = headers_[index].msg_hdr;
  header.msg_name = DatagramPeerAccess::storage(peers_[index]);
  header.msg_namelen = DatagramPeerAccess::kStorage;
  header.msg_iov = &parts_[index];
  header.msg_iovlen = 1;
  header.msg_control = control_[index].bytes.data();
  header.msg_controllen = kControl;
  header.msg_flags = 0;
}

DatagramInbox::Message DatagramInbox::message(std::size_t index) noexcept {
  msghdr& header = headers_[index].msg_hdr;
  DatagramPeer& peer = peers_[index];
  DatagramPeerAccess::received(peer, header.msg_namelen);
  Message message{
      .data = {static_cast<const char*>(parts_[index].iov_base), headers_[index].msg_len},
      .peer = peer,
      .truncated = (header.msg_flags & MSG_TRUNC) != 0,
      .segment = 0,
      .dropped = {}};
  if (header.msg_controllen > 0) readControl(header, peer, message);
  return message;
}

void DatagramInbox::readControl(msghdr& header, DatagramPeer& peer,
                                Message& message) const noexcept {
  for (cmsghdr* each = CMSG_FIRSTHDR(&header); each != nullptr; each = CMSG_NXTHDR(&header, each)) {
    if (each->cmsg_level == IPPROTO_IP && each->cmsg_type == IP_PKTINFO) {
      setLocal4(peer, dataOf<in_pktinfo>(*each));
    } else if (each->cmsg_level == IPPROTO_IPV6 && each->cmsg_type == IPV6_PKTINFO) {
      setLocal6(peer, dataOf<in6_pktinfo>(*each));
    } else if (each->cmsg_level == SOL_SOCKET && each->cmsg_type == SO_RXQ_OVFL) {
      message.dropped = dataOf<std::uint32_t>(*each);
    } else if (each->cmsg_level == SOL_UDP && each->cmsg_type == UDP_GRO) {
      const int segment = dataOf<int>(*each);
      const bool run = segment > 0 && static_cast<std::size_t>(segment) < message.data.size();
      if (run) message.segment = static_cast<std::size_t>(segment);
    }
  }
}

}  // namespace ropewalk::detail
