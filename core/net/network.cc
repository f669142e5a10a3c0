// Addresses as their 4 or 16 bytes, compared bit by bit up to the length of the prefix.
// RFC 4632 §3.1, RFC 4291 §2.3.

#include "network.h"

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
  return std::string(unmappedAddress({bytes.data(), bytes.size()}));
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
  return containsBytes(addressBytes(address));
}

bool Network::containsBytes(std::string_view address) const noexcept {
  const std::string_view bytes = unmappedAddress(address);
  if (bytes.size() != bytes_.size()) return false;
  for (unsigned bit = 0; bit < bits_; ++bit) {
    const int mask = 0x80 >> (bit % 8);
    if ((bytes[bit / 8] & mask) != (bytes_[bit / 8] & mask)) return false;
  }
  return true;
}

std::string_view unmappedAddress(std::string_view bytes) noexcept {
  constexpr std::string_view kMapped("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
  const bool mapped = bytes.size() == 16 && bytes.starts_with(kMapped);
  return mapped ? bytes.substr(kMapped.size()) : bytes;
}

std::string addressBytes(const Address& address) {
  const bool ip =
      address.family == Address::Family::IPv4 || address.family == Address::Family::IPv6;
  return ip ? bytesOf(address.host) : "";
}

}  // namespace ropewalk
