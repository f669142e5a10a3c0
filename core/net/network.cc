#include "ropewalk/core/net/network.h"

#include <arpa/inet.h>

#include <array>

#include "ropewalk/core/base/text.h"

namespace ropewalk {

namespace {

/// The bytes of an address, without its scope; empty for what is none.
std::string bytesOf(std::string_view text) {
  const std::string host(text.substr(0, text.find('%')));
  std::array<char, 16> bytes{};
  if (::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1) return {bytes.data(), 4};
  if (::inet_pton(AF_INET6, host.c_str(), bytes.data()) != 1) return {};
  constexpr std::string_view kMapped("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
  const std::string_view all(bytes.data(), bytes.size());
  return std::string(all.starts_with(kMapped) ? all.substr(kMapped.size()) : all);
}

}  // namespace

std::optional<Network> Network::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  Network network;
  network.bytes_ = bytesOf(text.substr(0, slash));
  if (network.bytes_.empty()) return std::nullopt;
  const auto most = static_cast<unsigned>(network.bytes_.size() * 8);
  network.bits_ = most;
  if (slash == std::string_view::npos) return network;
  const auto bits = parseNumber<unsigned>(text.substr(slash + 1));
  if (!bits || *bits > most) return std::nullopt;
  network.bits_ = *bits;
  return network;
}

bool Network::contains(const Address& address) const {
  const bool ip =
      address.family == Address::Family::IPv4 || address.family == Address::Family::IPv6;
  const std::string bytes = ip ? bytesOf(address.host) : "";
  if (bytes.size() != bytes_.size()) return false;
  for (unsigned bit = 0; bit < bits_; ++bit) {
    const int mask = 0x80 >> (bit % 8);
    if ((bytes[bit / 8] & mask) != (bytes_[bit / 8] & mask)) return false;
  }
  return true;
}

}  // namespace ropewalk
