// SipHash over client, version, time and address; serial arithmetic for their age. RFC 9018 §4.
#include "cookies.h"

#include <algorithm>
#include <cassert>

namespace ropewalk::dns {

namespace {

constexpr std::size_t kHeadLength = 8;  // version, reserved, time
constexpr char kVersion = 1;

SipKey keyFrom(std::string_view secret) {
  return secret.empty() ? SipKey::random() : SipKey::fromBytes(secret);
}

std::uint32_t big32(std::string_view bytes) noexcept {
  std::uint32_t value = 0;
  for (const char c : bytes.substr(0, 4)) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

/// In constant time: whoever guesses must not learn how far the guess was right.
bool equalBytes(std::string_view a, std::string_view b) noexcept {
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  }
  return difference == 0;
}

}  // namespace

ServerCookies::ServerCookies(std::string_view secret) : current_(keyFrom(secret)) {}

void ServerCookies::rotate(std::string_view secret) {
  previous_ = current_;
  current_ = keyFrom(secret);
}

// RFC 9018 §4.4: hash = SipHash-2-4(client cookie | version | reserved | timestamp | client IP).
ServerCookies::Bytes ServerCookies::sign(std::string_view client, std::string_view head,
                                         std::string_view peerBytes, const SipKey& key) noexcept {
  assert(client.size() == kClientLength && head.size() == kHeadLength && peerBytes.size() <= 16);
  std::array<char, kClientLength + kHeadLength + 16> input{};
  char* at = std::copy(client.begin(), client.end(), input.data());
  at = std::copy(head.begin(), head.end(), at);
  at = std::copy(peerBytes.begin(), peerBytes.end(), at);
  const auto length = static_cast<std::size_t>(at - input.data());
  std::uint64_t hash = sipHash24({input.data(), length}, key);
  Bytes cookie{};
  std::copy(head.begin(), head.end(), cookie.begin());
  for (std::size_t i = kHeadLength; i < kServerLength; ++i, hash >>= 8) {
    cookie[i] = static_cast<char>(hash & 0xff);
  }
  return cookie;
}

ServerCookies::Bytes ServerCookies::make(std::string_view client, std::string_view peerBytes,
                                         Timestamp now) const noexcept {
  const auto seconds = static_cast<std::uint32_t>(now.unixSeconds());
  const std::array<char, kHeadLength> head{kVersion,
                                           0,
                                           0,
                                           0,
                                           static_cast<char>(seconds >> 24),
                                           static_cast<char>(seconds >> 16),
                                           static_cast<char>(seconds >> 8),
                                           static_cast<char>(seconds)};
  return sign(client.substr(0, kClientLength), {head.data(), head.size()}, peerBytes, current_);
}

CookieState ServerCookies::check(std::string_view cookie, std::string_view peerBytes,
                                 Timestamp now) const noexcept {
  if (cookie.size() <= kClientLength) return State::absent;
  const std::string_view client = cookie.substr(0, kClientLength);
  const std::string_view server = cookie.substr(kClientLength);
  if (server.size() != kServerLength || server[0] != kVersion) return State::bad;

  // RFC 9018 §4.3: serial arithmetic, so that the year 2106 is no surprise.
  const auto age = static_cast<std::int32_t>(static_cast<std::uint32_t>(now.unixSeconds()) -
                                             big32(server.substr(4)));
  if (age > kLifetimeSeconds || age < -kAheadSeconds) return State::bad;

  // The reserved bytes are hashed as they came: a later version of the RFC may use them (§4.2).
  const auto matches = [&](const SipKey& key) {
    const Bytes own = sign(client, server.substr(0, kHeadLength), peerBytes, key);
    return equalBytes({own.data(), own.size()}, server);
  };
  if (matches(current_)) return age > kRenewSeconds ? State::aging : State::good;
  return previous_ && matches(*previous_) ? State::aging : State::bad;
}

}  // namespace ropewalk::dns
