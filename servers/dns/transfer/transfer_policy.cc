// One rule whose network and key both fit is enough.
#include "transfer_policy.h"

namespace ropewalk::dns {

bool TransferPolicy::allows(const Query& query) const noexcept {
  for (const Rule& rule : rules_) {
    const bool key = !rule.signedOnly ||
                     (!query.tsigKey.empty() && wire::equalNames(query.tsigKey, rule.key.wire()));
    if (key && rule.networks.contains(query.peerBytes)) return true;
  }
  return false;
}

}  // namespace ropewalk::dns
