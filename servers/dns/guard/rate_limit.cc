// Buckets by keyed hash, four to a cache line.
#include "rate_limit.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace ropewalk::dns {

namespace {

/// The first `bits` bits of an address, the rest zero; returns how many bytes there are.
std::size_t maskTo(std::array<char, 17>& out, std::string_view address, unsigned bits) noexcept {
  for (std::size_t i = 0; i < address.size() && i * 8 < bits; ++i) {
    const std::size_t left = bits - i * 8;
    const unsigned mask = left >= 8 ? 0xFF : 0xFF00U >> left;
    out[i] = static_cast<char>(static_cast<unsigned char>(address[i]) & mask);
  }
  return address.size();
}

TokenRate rateOf(std::uint32_t answers, const RateLimitOptions& options) {
  return {answers, std::chrono::seconds(std::max(options.burstSeconds, 1U))};
}

}  // namespace

RateLimit::RateLimit(Clock& clock, RateLimitOptions options)
    : clock_(clock),
      options_(std::move(options)),
      rates_{rateOf(options_.answers, options_), rateOf(options_.noData, options_),
             rateOf(options_.nameErrors, options_), rateOf(options_.referrals, options_),
             rateOf(options_.errors, options_)},
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

RateLimit::Bucket& RateLimit::bucketOf(std::uint64_t hash) noexcept {
  const std::uint32_t check = static_cast<std::uint32_t>(hash >> 32) | 1;
  auto& set = sets_[hash & (sets_.size() - 1)].buckets;
  Bucket* fullest = set.data();
  for (Bucket& bucket : set) {
    if (bucket.check == check) return bucket;
    if (bucket.check == 0) {
      fullest = &bucket;
      break;
    }
    if (bucket.paidUntil < fullest->paidUntil) fullest = &bucket;
  }
  *fullest = {.check = check};
  return *fullest;
}

AnswerFilter::Action RateLimit::answerReady(const Query& query,
                                            const AnswerSummary& answer) noexcept {
  if (query.carrier != Carrier::udp || answer.addressProven || !query.tsigKey.empty() ||
      query.peerBytes.empty() || query.peerBytes.size() > 16) {
    return Action::send;
  }
  const Kind kind = kindOf(answer);
  const TokenRate& rate = rates_[static_cast<std::size_t>(kind)];
  if (!rate.limited() || options_.exempt.contains(query.peerBytes)) return Action::send;

  Bucket& bucket = bucketOf(hashOf(unmappedAddress(query.peerBytes), kind));
  if (rate.tryTake(1, bucket.paidUntil, clock_.now())) return Action::send;
  ++bucket.excess;
  if (options_.slip > 0 && bucket.excess % options_.slip == 0) {
    ++counts_.truncated;
    return Action::truncate;
  }
  ++counts_.dropped;
  return Action::drop;
}

}  // namespace ropewalk::dns
