// Serial numbers of zones, which wrap around. RFC 1982.
#pragma once

#include <cstdint>

namespace ropewalk::dns {

/// Whether `a` comes after `b`. Of two numbers 2^31 apart neither does (§3.2).
[[nodiscard]] constexpr bool serialIsAfter(std::uint32_t a, std::uint32_t b) noexcept {
  return a != b && a - b < 0x8000'0000U;
}

}  // namespace ropewalk::dns
