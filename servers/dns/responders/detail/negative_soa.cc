// An SOA of nobody: its names are the root, its minimum the TTL. RFC 2308 §3, §5.
#include "negative_soa.h"

#include <array>
#include <cstddef>

namespace ropewalk::dns {

namespace {

constexpr std::uint32_t kHour = 3600;

void put32(char* at, std::uint32_t value) noexcept {
  for (int shift = 24; shift >= 0; shift -= 8) *at++ = static_cast<char>(value >> shift);
}

}  // namespace

void writeNegativeSoa(MessageWriter& answer, std::string_view owner, std::uint32_t ttl) noexcept {
  // mname and rname are the root: there is no server and nobody to write to. Then serial, refresh,
  // retry, expire, minimum.
  std::array<char, 2 + 5 * 4> data{};
  std::size_t at = 2;
  for (const std::uint32_t value : {std::uint32_t{1}, kHour, kHour, kHour, ttl}) {
    put32(data.data() + at, value);
    at += 4;
  }
  answer.record(Section::authority, owner, Type::SOA, Class::IN, ttl, {data.data(), data.size()});
}

}  // namespace ropewalk::dns
