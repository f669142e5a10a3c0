// RateLimit: keeps a server from being used to flood somebody whose address was forged. Response
// rate limiting as in BIND, NSD and Knot.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "answer_filter.h"
#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/async/token_bucket.h"
#include "ropewalk/core/base/sip_hash.h"
#include "ropewalk/core/net/network_list.h"

namespace ropewalk::dns {

struct RateLimitOptions {
  /// Answers a second to one network, of each kind. 0: as many as one likes.
  std::uint32_t answers = 200;
  std::uint32_t noData = 200;
  std::uint32_t nameErrors = 100;  ///< NXDOMAIN
  std::uint32_t referrals = 200;
  std::uint32_t errors = 50;  ///< any other rcode
  /// So many seconds' worth may come at once.
  std::uint32_t burstSeconds = 2;
  /// Every n-th answer too many is sent truncated, so that honest clients behind a forged address
  /// can ask over TCP. 1: all of them; 0: none.
  std::uint32_t slip = 2;
  unsigned prefixIPv4 = 24;  ///< bits of an address that make a network
  unsigned prefixIPv6 = 56;
  std::size_t buckets = 100'000;  ///< one for each network and kind of answer; 16 bytes
  NetworkList exempt{};
  /// For tests; else random, so that nobody can choose networks that share a place in the table.
  std::optional<SipKey> key{};
};

/// Token buckets by client network and kind of answer, in a table whose size is fixed: a flood from
/// many addresses makes it forget old ones, never grow. Only UDP without a proven address is
/// limited: whoever has a TSIG key, a good cookie or a connection is where he says he is. Allocates
/// nothing after it was made.
///
/// It is a filter and not a responder, since what an answer costs is known when it is there.
///
///     dns::RateLimitOptions options;
///     options.answers = 50;
///     auto server = dns::Server::make(reactor);
///     server->add(std::make_shared<dns::RateLimit>(reactor, options));
class RateLimit final : public AnswerFilter {
 public:
  /// @param clock  outlives it
  explicit RateLimit(Clock& clock, RateLimitOptions options = RateLimitOptions());

  Action answerReady(const Query& query, const AnswerSummary& answer) noexcept override;

  struct Counts {
    std::uint64_t dropped = 0;
    std::uint64_t truncated = 0;
  };
  [[nodiscard]] const Counts& counts() const noexcept { return counts_; }

 private:
  enum class Kind : std::uint8_t { answer, noData, nameError, referral, error };
  static constexpr std::size_t kKinds = 5;
  static constexpr std::size_t kWays = 4;  // buckets that one hash may choose from: a cache line

  struct Bucket {
    std::uint32_t check = 0;   // of the hash; 0: free
    std::uint32_t excess = 0;  // answers too many
    TimePoint paidUntil = TimePoint::min();
  };
  struct alignas(64) Set {
    std::array<Bucket, kWays> buckets;
  };

  [[nodiscard]] static Kind kindOf(const AnswerSummary& answer) noexcept;
  [[nodiscard]] std::uint64_t hashOf(std::string_view address, Kind kind) const noexcept;
  /// The bucket of a hash; where there is none, the one that was full first becomes it.
  Bucket& bucketOf(std::uint64_t hash) noexcept;

  Clock& clock_;
  const RateLimitOptions options_;
  const std::array<TokenRate, kKinds> rates_;
  const SipKey key_;
  std::vector<Set> sets_;  // a power of two
  Counts counts_;
};

}  // namespace ropewalk::dns
