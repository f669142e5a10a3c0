// The chain put together, and one for each thread.
#include "system_resolver.h"

#include <utility>

#include "client.h"
#include "hosts_resolver.h"
#include "resolver_chain.h"
#include "ropewalk/core/net/reactor.h"
#include "special_names.h"

namespace ropewalk::dns {

std::shared_ptr<Resolver> systemResolver(Reactor& reactor, SystemResolverOptions options) {
  ResolverChain::Resolvers resolvers;
  if (!options.hostsFile.empty())
    resolvers.push_back(std::make_shared<HostsResolver>(std::move(options.hostsFile)));
  resolvers.push_back(std::make_shared<SpecialNames>());
  auto client = std::make_shared<Client>(reactor, std::move(options.client));
  resolvers.push_back(std::make_shared<CachingResolver>(reactor, std::move(client), options.cache));
  return std::make_shared<ResolverChain>(std::move(resolvers));
}

Resolver& defaultResolver() {
  // The reactor is made before it, and so goes after it.
  thread_local const std::shared_ptr<Resolver> resolver = systemResolver(reactor());
  return *resolver;
}

}  // namespace ropewalk::dns
