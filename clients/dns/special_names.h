// SpecialNames: names that are never asked for on the network. RFC 6761, RFC 7686.
#pragma once

#include "ropewalk/clients/dns/resolver.h"

namespace ropewalk::dns {

/// localhost and the names below it are this machine's loopback addresses; names below invalid and
/// onion do not exist. All others fail with ResolverError, so that a ResolverChain goes on.
class SpecialNames final : public Resolver {
 public:
  [[nodiscard]] Deferred<Message> ask(Question question) override;
};

}  // namespace ropewalk::dns
