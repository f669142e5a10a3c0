// Network: a range of IP addresses, as administrators write it: "10.0.0.0/8", "::1".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ropewalk/core/net/address.h"

namespace ropewalk {

/// A value. IPv4 addresses mapped into IPv6 (::ffff:192.0.2.1) are the IPv4 addresses.
class Network {
 public:
  /// An address, or an address and how many of its bits count. Nothing for anything else.
  [[nodiscard]] static std::optional<Network> parse(std::string_view text);
  [[nodiscard]] bool contains(const Address& address) const;

 private:
  std::string bytes_;  // 4 or 16
  unsigned bits_ = 0;
};

}  // namespace ropewalk
