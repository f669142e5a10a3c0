// Server cookies: who sends one back has received from us at its address before. RFC 7873,
// RFC 9018.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "ropewalk/core/base/sip_hash.h"
#include "ropewalk/core/base/timestamp.h"

namespace ropewalk::dns {

/// Makes and checks the interoperable cookies of RFC 9018: version, three reserved bytes, time, and
/// the SipHash-2-4 of these, the client's cookie and its address. Keeps nothing per client,
/// allocates nothing. Servers that share an address share the secret. One thread.
///
///     const auto cookie = cookies.make(client, query.peerBytes, now());  // into the OPT record
///     const CookieState state = cookies.check(query.view.cookie, query.peerBytes, now());
///     const bool addressProven = state == CookieState::good || state == CookieState::aging;
class ServerCookies {
 public:
  static constexpr std::size_t kClientLength = 8;
  static constexpr std::size_t kServerLength = 16;
  using Bytes = std::array<char, kServerLength>;

  /// @param secret  16 bytes; empty: random ones, which no other server knows
  explicit ServerCookies(std::string_view secret = {});

  enum class State : std::uint8_t {
    absent,  ///< no cookie, or the client's half only
    good,    ///< ours, for this client and address, and fresh
    aging,   ///< good, but past half of its life or of the secret before: send a new one
    bad,     ///< anything else: forged, expired, of another server (BADCOOKIE or as if absent)
  };
  /// @param cookie     the option as it came: the client's 8 bytes, then the server's
  /// @param peerBytes  4 or 16 bytes of the address, in the order of the network
  [[nodiscard]] State check(std::string_view cookie, std::string_view peerBytes,
                            Timestamp now) const noexcept;

  /// The server's half for a client.
  /// @param client  the first 8 bytes of the option that came
  [[nodiscard]] Bytes make(std::string_view client, std::string_view peerBytes,
                           Timestamp now) const noexcept;

  /// From now on cookies are made with this secret; those of the one before are taken until the
  /// next rotation, at least an hour later, so that no client is turned away (RFC 9018 §5).
  /// @param secret  16 bytes; empty: random ones
  void rotate(std::string_view secret = {});

  /// A cookie older than this is bad (RFC 9018 §4.3).
  static constexpr std::int64_t kLifetimeSeconds = 3600;
  /// Past this a good one is renewed.
  static constexpr std::int64_t kRenewSeconds = 1800;
  /// How far the clock of a server with the same secret may be ahead.
  static constexpr std::int64_t kAheadSeconds = 300;

 private:
  [[nodiscard]] static Bytes sign(std::string_view client, std::string_view head,
                                  std::string_view peerBytes, const SipKey& key) noexcept;

  SipKey current_;
  std::optional<SipKey> previous_;
};

using CookieState = ServerCookies::State;

}  // namespace ropewalk::dns
