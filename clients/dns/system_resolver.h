// The resolver that programs get without asking for one: hosts file, cache, name servers.
#pragma once

#include <memory>

#include "caching_resolver.h"
#include "client_options.h"
#include "resolver.h"

namespace ropewalk {
class Reactor;
}

namespace ropewalk::dns {

struct SystemResolverOptions {
  ClientOptions client{};
  CacheOptions cache{};
  std::string hostsFile = "/etc/hosts";  ///< empty: none
};

/// A chain of HostsResolver, SpecialNames, and a CachingResolver before a Client. Twisted's
/// createResolver. The reactor must outlive it.
[[nodiscard]] std::shared_ptr<Resolver> systemResolver(
    Reactor& reactor, SystemResolverOptions options = SystemResolverOptions());

/// The calling thread's, on its default reactor; made on first use, goes when the thread ends.
[[nodiscard]] Resolver& defaultResolver();

}  // namespace ropewalk::dns
