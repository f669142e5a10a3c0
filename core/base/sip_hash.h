// SipHash-2-4: a keyed hash that whoever does not know the key cannot steer. Aumasson and
// Bernstein, "SipHash: a fast short-input PRF", 2012.
#pragma once

#include <cstdint>
#include <string_view>

namespace ropewalk {

/// 128 bits of secret.
struct SipKey {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  /// From 16 bytes, little-endian as in the paper. Asserts their number.
  static SipKey fromBytes(std::string_view bytes) noexcept;
  /// From the kernel's generator.
  static SipKey random();
  friend bool operator==(const SipKey&, const SipKey&) = default;
};

/// The hash of any number of bytes.
[[nodiscard]] std::uint64_t sipHash24(std::string_view bytes, const SipKey& key) noexcept;

}  // namespace ropewalk
