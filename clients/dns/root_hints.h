// The root servers: where iteration begins. RFC 8109; IANA's root hints.
#pragma once

#include <string>
#include <vector>

#include "ropewalk/protocols/dns/name.h"

namespace ropewalk::dns {

/// A name server of a zone, and what is known of its addresses.
struct NameServer {
  Name name{};
  std::vector<std::string> addresses{};  ///< literals; empty: not known yet
};

/// The thirteen of the Internet.
[[nodiscard]] std::vector<NameServer> rootHints();

}  // namespace ropewalk::dns
