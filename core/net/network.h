// Network: a range of IP addresses, as administrators write it: "10.0.0.0/8", "::1".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "address.h"

namespace ropewalk {

/// An address and how many of its first bits count. A value. IPv4 addresses mapped into
/// IPv6 (::ffff:192.0.2.1) are the IPv4 addresses.
class Network {
 public:
  /// "10.0.0.0/8", or an address alone, of which all bits count. Nothing for anything else. Bits
  /// beyond those that count may be set, and are ignored.
  [[nodiscard]] static std::optional<Network> parse(std::string_view text);
  /// False for addresses of another family.
  [[nodiscard]] bool contains(const Address& address) const;
  /// The same for an address as its 4 or 16 bytes, in the order of the network.
  [[nodiscard]] bool containsBytes(std::string_view address) const noexcept;

 private:
  std::string bytes_;  // 4 or 16
  unsigned bits_ = 0;
};

/// The 4 or 16 bytes of an IP address, in the order of the network; empty for other families.
[[nodiscard]] std::string addressBytes(const Address& address);

/// The bytes of an IPv4 address that is mapped into IPv6 as its own four; others as they are.
[[nodiscard]] std::string_view unmappedAddress(std::string_view bytes) noexcept;

}  // namespace ropewalk
