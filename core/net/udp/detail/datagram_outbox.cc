// One growing block of bytes; sendmmsg over it, where runs of equal datagrams to one peer become
// one message (UDP_SEGMENT).

#include "datagram_outbox.h"

#include <netinet/udp.h>

#include <algorithm>
#include <cstring>

namespace ropewalk::detail {

namespace {

constexpr std::size_t kSmallest = 64 * 1024;
constexpr std::size_t kAlignment = alignof(sockaddr_storage);
// What a run may have: UDP_MAX_SEGMENTS of older kernels, and what an IP packet
// holds less its headers.
constexpr std::size_t kSegments = 64;
constexpr std::size_t kRunBytes = 65'000;

constexpr std::size_t aligned(std::size_t size) noexcept {
  return (size + kAlignment - 1) / kAlignment * kAlignment;
}

bool samePeer(const DatagramOutbox& outbox, const DatagramOutbox::Entry& a,
              const DatagramOutbox::Entry& b) noexcept {
  return a.nameSize == b.nameSize && a.source == b.source &&
         std::memcmp(outbox.name(a), outbox.name(b), a.nameSize) == 0;
}

/// How many entries from the first on can be one message: equal peer, equal size but for the last,
/// which may be shorter (Linux: udp(7), UDP_SEGMENT).
std::size_t runLength(const DatagramOutbox& outbox, std::span<const DatagramOutbox::Entry> entries,
                      std::size_t limit) noexcept {
  const DatagramOutbox::Entry& first = entries.front();
  if (first.size == 0 || first.size > limit) return 1;
  const std::size_t most =
      std::min({entries.size(), kSegments, kRunBytes / std::max<std::size_t>(first.size, 1)});
  std::size_t count = 1;
  while (count < most) {
    const DatagramOutbox::Entry& next = entries[count];
    if (next.size == 0 || next.size > first.size || !samePeer(outbox, first, next)) break;
    ++count;
    if (next.size < first.size) break;
  }
  return std::max<std::size_t>(count, 1);
}

template <class T>
void put(msghdr& header, int level, int type, const T& value) noexcept {
  auto* at = static_cast<char*>(header.msg_control) + header.msg_controllen;
  auto* control = reinterpret_cast<cmsghdr*>(at);
  control->cmsg_level = level;
  control->cmsg_type = type;
  control->cmsg_len = CMSG_LEN(sizeof value);
  std::memcpy(CMSG_DATA(control), &value, sizeof value);
  header.msg_controllen += CMSG_SPACE(sizeof value);
}

/// The source address of one message. The interface is left to the routes: an answer need not leave
/// where the question came in.
void putSource(msghdr& header, int family, const LocalAddress& source) noexcept {
  if (family == AF_INET) {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, source.bytes.data(), sizeof info.ipi_spec_dst);
    return put(header, IPPROTO_IP, IP_PKTINFO, info);
  }
  in6_pktinfo info{};
  if (source.family == AF_INET6) {
    std::memcpy(&info.ipi6_addr, source.bytes.data(), sizeof info.ipi6_addr);
  } else {  // an IPv4 peer of a dual-stack socket
    info.ipi6_addr.s6_addr[10] = info.ipi6_addr.s6_addr[11] = 0xff;
    std::memcpy(&info.ipi6_addr.s6_addr[12], source.bytes.data(), 4);
  }
  put(header, IPPROTO_IPV6, IPV6_PKTINFO, info);
}

}  // namespace

// DatagramOutbox.

char* DatagramOutbox::reserve(std::size_t size) {
  const std::size_t needed = used_ + aligned(size) + DatagramPeerAccess::kStorage;
  if (needed > capacity_) {
    const std::size_t capacity = std::max({needed, 2 * capacity_, kSmallest});
    auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
    if (used_ > 0) std::memcpy(bytes.get(), bytes_.get(), used_);
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  }
  return bytes_.get() + used_;
}

void DatagramOutbox::commit(std::size_t size, std::span<const unsigned char> name,
                            const LocalAddress& source) {
  entries_.push_back({.at = static_cast<std::uint32_t>(used_),
                      .size = static_cast<std::uint32_t>(size),
                      .nameSize = static_cast<std::uint32_t>(name.size()),
                      .source = source});
  if (!name.empty()) std::memcpy(this->name(entries_.back()), name.data(), name.size());
  used_ += aligned(size) + aligned(name.size());
}

void DatagramOutbox::remove(std::size_t count) noexcept {
  if (count >= entries_.size()) return clear();
  const std::uint32_t gone = entries_[count].at;
  std::memmove(bytes_.get(), bytes_.get() + gone, used_ - gone);
  used_ -= gone;
  entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(count));
  for (Entry& entry : entries_) entry.at -= gone;
}

void DatagramOutbox::clear() noexcept {
  entries_.clear();
  used_ = 0;
}

char* DatagramOutbox::name(const Entry& entry) const noexcept {
  return bytes_.get() + entry.at + aligned(entry.size);
}

// DatagramSender.

// All at once, and not when it is needed: nothing may fail in a flush. The pages that are
// never used cost nothing.
DatagramSender::DatagramSender()
    : headers_(std::make_unique_for_overwrite<mmsghdr[]>(kMessages)),
      parts_(std::make_unique_for_overwrite<iovec[]>(kMessages)),
      control_(std::make_unique_for_overwrite<Control[]>(kMessages)) {}

std::size_t DatagramSender::prepare(DatagramOutbox& outbox, std::size_t first,
                                    const Style& style) noexcept {
  const auto entries = outbox.entries().subspan(first, std::min(kMessages, outbox.count() - first));
  std::size_t messages = 0;
  for (std::size_t i = 0; i < entries.size(); ++messages) {
    const DatagramOutbox::Entry& entry = entries[i];
    const std::size_t run = runLength(outbox, entries.subspan(i), style.segmentLimit);
    for (std::size_t each = i; each < i + run; ++each)
      parts_[each] = {outbox.data(entries[each]), entries[each].size};
    msghdr& header = headers_[messages].msg_hdr;
    header = {};
    header.msg_name = entry.nameSize == 0 ? nullptr : outbox.name(entry);
    header.msg_namelen = entry.nameSize;
    header.msg_iov = &parts_[i];
    header.msg_iovlen = run;
    if (entry.source.family != 0 || run > 1)
      addControl(messages, entry.source, run > 1 ? entry.size : 0, style);
    i += run;
  }
  return messages;
}

void DatagramSender::addControl(std::size_t message, const LocalAddress& source,
                                std::size_t segment, const Style& style) noexcept {
  msghdr& header = headers_[message].msg_hdr;
  header.msg_control = control_[message].bytes.data();
  header.msg_controllen = 0;
  if (source.family != 0) putSource(header, style.family, source);
  if (segment != 0) put(header, SOL_UDP, UDP_SEGMENT, static_cast<std::uint16_t>(segment));
}

std::size_t DatagramSender::datagrams(std::size_t messages) const noexcept {
  std::size_t count = 0;
  for (std::size_t i = 0; i < messages; ++i) count += headers_[i].msg_hdr.msg_iovlen;
  return count;
}

}  // namespace ropewalk::detail
