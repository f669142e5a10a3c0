// Delegations: who serves which zone, as referrals say it, and for how long that is believed.
// RFC 1034 §4.3.2 and §5.3.3, RFC 5452 §6 (bailiwick).
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "root_hints.h"
#include "ropewalk/core/async/clock.h"
#include "ropewalk/protocols/dns/message.h"

namespace ropewalk::dns {

/// A zone and its servers.
struct Delegation {
  Name zone{};
  std::vector<NameServer> servers{};
  TimePoint expires = TimePoint::max();
};

/// What a server of `zone` said to a question.
enum class Reply : std::uint8_t {
  answer,    ///< records or an alias of the name
  negative,  ///< NXDOMAIN, or NODATA
  referral,  ///< a zone further down
  useless,   ///< an error; or it does not serve the zone (lame): ask another
};
/// By its rcode, its AA, and what its sections hold.
[[nodiscard]] Reply classify(const Message& answer, const Question& question, const Name& zone);

/// The zone that a referral points to. Only servers of a zone below `zone` that holds the asked
/// name are believed, and only addresses of names within `zone`: others are not this server's to
/// tell (RFC 5452 §6).
/// @return without servers when it is no such referral
[[nodiscard]] Delegation readReferral(const Message& answer, const Question& question,
                                      const Name& zone, TimePoint now);

/// What is known, by zone; a bounded number of them.
class DelegationCache {
 public:
  DelegationCache(Clock& clock, Delegation root, std::size_t most)
      : clock_(clock), root_(std::move(root)), most_(most) {}

  /// The nearest zone at or above `name`; the root at last.
  [[nodiscard]] const Delegation& nearest(const Name& name) const;
  /// Takes the place of what was known of the zone.
  void put(Delegation delegation);
  /// Addresses that were found for a server of a zone.
  void learn(const Name& zone, const Name& server, const std::vector<std::string>& addresses);
  /// Its servers do not answer: next time it is asked for anew.
  void forget(const Name& zone) { zones_.erase(zone); }

 private:
  Clock& clock_;
  Delegation root_;
  std::size_t most_;
  std::unordered_map<Name, Delegation> zones_;
};

}  // namespace ropewalk::dns
