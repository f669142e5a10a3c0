// SpecialNames: names that are never asked for on the network. RFC 6761, RFC 7686.
#pragma once

#include <string_view>

#include "resolver.h"

namespace ropewalk::dns {

/// localhost, invalid or onion, whichever `name` is or is below; else nothing. Wire form, both.
[[nodiscard]] std::string_view specialNameAbove(std::string_view name) noexcept;
/// Of what specialNameAbove gives: whether its names are this machine's (RFC 6761 §6.3). All others
/// do not exist (RFC 6761 §6.4, RFC 7686 §2).
[[nodiscard]] bool isLocalhost(std::string_view special) noexcept;

/// localhost and the names below it are this machine's loopback addresses; names below invalid and
/// onion do not exist. All others fail with ResolverError, so that a ResolverChain goes on.
class SpecialNames final : public Resolver {
 public:
  [[nodiscard]] Deferred<Message> ask(Question question) override;
};

}  // namespace ropewalk::dns
