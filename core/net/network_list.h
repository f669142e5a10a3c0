// NetworkList: which clients something is for, as administrators write it.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "network.h"

namespace ropewalk {

/// Networks in order, of which the first that holds an address decides. A value.
///
///     // 10/8 but for 10.9/16, and ourselves.
///     const NetworkList inside{"!10.9.0.0/16", "10.0.0.0/8", "::1"};
class NetworkList {
 public:
  /// Holds nobody.
  NetworkList() = default;
  /// Each is an address or a network, "any", or "none"; with "!" before it, whoever it holds is
  /// not in the list. Throws std::invalid_argument naming the one at fault.
  NetworkList(std::initializer_list<std::string_view> entries);
  explicit NetworkList(const std::vector<std::string>& entries);

  /// One more behind the others. Throws likewise.
  void add(std::string_view entry);
  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }

  /// A peer without an IP address is held by "any" alone.
  [[nodiscard]] bool contains(const Address& peer) const;
  /// The same without allocating.
  /// @param peerBytes  4 or 16 bytes in the order of the network; empty for other families
  [[nodiscard]] bool contains(std::string_view peerBytes) const noexcept;

 private:
  struct Entry {
    std::optional<Network> network;  // nothing: any
    bool negated = false;
  };
  std::vector<Entry> entries_;
};

}  // namespace ropewalk
