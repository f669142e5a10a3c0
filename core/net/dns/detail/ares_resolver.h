// The resolver that reactors use: c-ares on the reactor's loop. RFC 1034 stub resolver, RFC 6724
// order, RFC 6761 special names.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/net/host_resolver.h"

namespace ropewalk {

/// Where names are looked up, and how long. The defaults are what the machine is configured for.
struct ResolverOptions {
  /// Name servers, "192.0.2.1", "192.0.2.1:5353" or "[2001:db8::1]:53", in the order they are
  /// asked. Empty: those of resolvConf.
  std::vector<std::string> servers;
  /// Read again when it has changed and no query is under way.
  std::string resolvConf = "/etc/resolv.conf";
  /// Asked first; read again when it has changed; empty: none.
  std::string hostsFile = "/etc/hosts";
  /// Domains that names with fewer dots than `ndots` are tried in. Unset: those of resolvConf.
  std::optional<std::vector<std::string>> search{};
  /// Unset: as resolvConf says, else 1.
  std::optional<int> ndots{};
  /// For the first try of a server, doubled from round to round; at least 1 ms. Unset: as
  /// resolvConf says, else 2 s.
  std::optional<Duration> timeout{};
  /// Rounds through the servers. Unset: as resolvConf says, else 3.
  std::optional<int> tries{};
};

/// A resolver for reactor.installNameResolver. Lives on the reactor's thread;
/// must die before the reactor does.
///
/// A server that refuses costs no time, the next one is asked at once; of resolvConf the options
/// timeout, attempts, rotate and use-vc are heeded as the lookups of clients/dns heed them.
///
/// Both families are asked at once. Literals, `localhost` and the names below it, and the hosts
/// file need no network; names below `invalid` and `onion` never reach it (RFC 6761 §6.4, RFC
/// 7686). Cancelling a query forgets who asked; the packets are out anyway. A resolver that dies
/// fails the queries that are under way. No cache: that is the name server's.
///
///     reactor.installNameResolver(makeAresResolver(reactor, {.servers = {"127.0.0.1:5353"}}));
///
/// @throws DNSLookupError when the options make no sense (a server that is
/// no address), or memory is out
[[nodiscard]] std::unique_ptr<HostResolver> makeAresResolver(
    Reactor& reactor, ResolverOptions options = ResolverOptions());

}  // namespace ropewalk
