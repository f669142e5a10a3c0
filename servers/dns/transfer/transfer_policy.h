// TransferPolicy: who may have a whole zone. RFC 5936 §5.
#pragma once

#include <vector>

#include "ropewalk/core/net/network_list.h"
#include "ropewalk/protocols/dns/name.h"
#include "ropewalk/servers/dns/responder.h"

namespace ropewalk::dns {

/// Rules, of which one has to fit. Without any, nobody may: not even this machine.
///
///     TransferPolicy policy;
///     policy.allow({"192.0.2.53", "2001:db8::/64"});               // whoever asks from there
///     policy.allowKey(Name("transfer.example"));                   // whoever signs with that key
///     policy.allowKey(Name("other.example"), {"198.51.100.0/24"}); // both must be true
class TransferPolicy {
 public:
  /// A rule: whoever asks from there.
  void allow(NetworkList networks) { rules_.push_back({std::move(networks), {}, false}); }
  /// A rule: whoever signs with that key.
  /// @param networks  where it may be used
  void allowKey(Name key, NetworkList networks = {"any"}) {
    rules_.push_back({std::move(networks), std::move(key), true});
  }
  /// Whether one of the rules fits.
  [[nodiscard]] bool allows(const Query& query) const noexcept;

 private:
  struct Rule {
    NetworkList networks;
    Name key;
    bool signedOnly;
  };
  std::vector<Rule> rules_;
};

}  // namespace ropewalk::dns
