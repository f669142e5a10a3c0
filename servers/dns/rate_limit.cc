// Buckets by keyed hash, four to a cache line, filled by the time that passed since they were used.
#include "rate_limit.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace ropewalk::dns {

namespace {

// In thousandths: a rate of r a second is r of them a millisecond.
constexpr std::uint32_t kToken = 1000;

std::uint32_t fullBucket(std::uint32_t rate, std::uint32_t seconds) noexcept {
  const std::uint64_t full = std::uint64_t{rate} * std::max(seconds, 1U) * kToken;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(full, UINT32_MAX));
}

/// The first `bits` bits of an address, the rest zero; returns how many bytes there are.
std::size_t maskTo(std::array<char, 17>& out, std::string_view address, unsigned bits) noexcept {
  for (std::size_t i = 0; i < address.size() && i * 8 < bits; ++i) {
    const std::size_t left = bits - i * 8;
    const unsigned mask = left >= 8 ? 0xFF : 0xFF00U >> left;
    out[i] = static_cast<char>(static_cast<unsigned char>(address[i]) & mask);
  }
  return address.size();
}

}  // namespace

RateLimit::RateLimit(Clock& clock, RateLimitOptions options)
    : clock_(clock),
      start_(clock.now()),
      options_(std::move(options)),
      rates_{options_.answers, options_.noData, options_.nameErrors, options_.referrals,
             options_.errors},
      key_(options_.key ? *options_.key : SipKey::random()),
      sets_(std::bit_ceil(std::max<std::size_t>(options_.buckets, kWays) / kWays)) {}

RateLimit::Kind RateLimit::kindOf(const AnswerSummary& answer) noexcept {
  if (answer.rcode == Rcode::NXDOMAIN) return Kind::nameError;
  if (answer.rcode != Rcode::NOERROR) return Kind::error;
  if (answer.answers > 0) return Kind::answer;
  return answer.referral ? Kind::referral : Kind::noData;
}

std::uint64_t RateLimit::hashOf(std::string_view address, Kind kind) const noexcept {
  std::array<char, 17> input{};
  const unsigned bits = address.size() == 4 ? options_.prefixIPv4 : options_.prefixIPv6;
  const std::size_t length = maskTo(input, address, bits);
  input[length] = static_cast<char>(kind);
  return sipHash24({input.data(), length + 1}, key_);
}

std::uint32_t RateLimit::milliseconds() const noexcept {
  // Wraps after 49 days; then a bucket that was idle for just as long fills a little late.
  const auto since = std::chrono::floor<std::chrono::milliseconds>(clock_.now() - start_);
  return static_cast<std::uint32_t>(since.count());
}

RateLimit::Bucket& RateLimit::bucketOf(std::uint64_t hash, std::uint32_t now,
                                       std::uint32_t full) noexcept {
  const std::uint32_t check = static_cast<std::uint32_t>(hash >> 32) | 1;
  auto& set = sets_[hash & (sets_.size() - 1)].buckets;
  Bucket* oldest = set.data();
  for (Bucket& bucket : set) {
    if (bucket.check == check) return bucket;
    if (bucket.check == 0) {
      oldest = &bucket;
      break;
    }
    if (now - bucket.stamp > now - oldest->stamp) oldest = &bucket;
  }
  *oldest = {check, now, full, 0};
  return *oldest;
}

AnswerFilter::Action RateLimit::answerReady(const Query& query,
                                            const AnswerSummary& answer) noexcept {
  if (query.carrier != Carrier::udp || answer.addressProven || !query.tsigKey.empty() ||
      query.peerBytes.empty() || query.peerBytes.size() > 16) {
    return Action::send;
  }
  const Kind kind = kindOf(answer);
  const std::uint32_t rate = rates_[static_cast<std::size_t>(kind)];
  if (rate == 0 || options_.exempt.contains(query.peerBytes)) return Action::send;

  const std::uint32_t now = milliseconds();
  const std::uint32_t full = fullBucket(rate, options_.burstSeconds);
  Bucket& bucket = bucketOf(hashOf(unmappedAddress(query.peerBytes), kind), now, full);
  const std::uint64_t earned = std::uint64_t{now - bucket.stamp} * rate;
  bucket.tokens = static_cast<std::uint32_t>(std::min<std::uint64_t>(bucket.tokens + earned, full));
  bucket.stamp = now;
  if (bucket.tokens >= kToken) {
    bucket.tokens -= kToken;
    return Action::send;
  }
  ++bucket.excess;
  if (options_.slip > 0 && bucket.excess % options_.slip == 0) {
    ++counts_.truncated;
    return Action::truncate;
  }
  ++counts_.dropped;
  return Action::drop;
}

}  // namespace ropewalk::dns
