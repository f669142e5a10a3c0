// The lottery among targets, and trying them one after the other. RFC 2782.
#include "service.h"

#include <algorithm>
#include <utility>

#include "lookup.h"
#include "ropewalk/clients/dns/detail/outcome.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/protocols/dns/errors.h"
#include "system_resolver.h"

namespace ropewalk::dns {

namespace {

using Connected = Handle<Protocol>;

/// A host name for the resolver: without the last dot, so that the hosts file knows it.
std::string hostOf(const Name& target) {
  std::string host = toText(target);
  host.pop_back();
  return host;
}

/// "_imap._tcp.example.org" -> "example.org".
Result<Name> domainOf(const std::string& service) {
  Result<Name> name = Name::parse(service);
  if (!name) return name;
  const bool good = name->labels() >= 2 && name->firstLabel().starts_with('_') &&
                    name->parent().firstLabel().starts_with('_');
  if (good) return name->parent().parent();
  return Failure(InvalidAddressError(
      format("cannot look up service {}: it must be like _imap._tcp.example.org", service)));
}

/// The targets of a service; the domain itself where there are no records and a port is known.
Deferred<std::vector<SRV>> targetsOf(std::shared_ptr<Resolver> resolver, std::string service,
                                     Name domain, std::uint16_t defaultPort) {
  Deferred<detail::Outcome<std::vector<SRV>>> looking =
      detail::outcomeOf(lookupService(*resolver, std::move(service)));
  detail::Outcome<std::vector<SRV>> found = co_await std::move(looking);
  if (found.ok()) co_return std::move(found.result);
  const Failure& why = found.result.failure();
  const bool none = why.check<DNSNameError>() != nullptr || why.check<DNSNoDataError>() != nullptr;
  if (!none || defaultPort == 0) co_return why;
  SRV itself;
  itself.port = defaultPort;
  itself.target = std::move(domain);
  co_return std::vector<SRV>{std::move(itself)};
}

Deferred<Connected> connectTargets(Reactor& reactor, std::string service, Name domain,
                                   std::shared_ptr<Factory> factory, ServiceOptions options) {
  auto resolver = options.resolver() ? options.resolver() : systemResolver(reactor);
  Deferred<std::vector<SRV>> looking =
      targetsOf(std::move(resolver), service, std::move(domain), options.defaultPort());
  std::vector<SRV> targets = co_await std::move(looking);
  Random seeded(options.seed());
  Random& random = options.seed() != 0 ? seeded : reactor.slot<Random>();
  targets = orderByWeight(std::move(targets), random);
  std::string account;
  for (const SRV& target : targets) {
    if (target.target.isRoot()) {  // RFC 2782: decidedly not available
      account += "the domain says that it does not offer it";
      break;
    }
    Deferred<detail::Outcome<Connected>> connecting = detail::outcomeOf(
        reactor.connectTCP(hostOf(target.target), target.port, factory, options.connect()));
    detail::Outcome<Connected> outcome = co_await std::move(connecting);
    if (outcome.ok() || outcome.cancelled()) co_return std::move(outcome.result);
    account += (account.empty() ? "" : "; ") + outcome.result.failure().getErrorMessage();
  }
  co_return Failure(ConnectError(format("cannot connect to service {}: {}", service, account)));
}

Deferred<Connected> connectEndpoint(Reactor& reactor, const EndpointUrl& url,
                                    std::shared_ptr<Factory> factory) {
  url.checkParameters({"port", "timeout", "bind"});
  ServiceOptions options;
  options.defaultPort(static_cast<std::uint16_t>(url.number("port", 0, 0, 65'535)));
  options.connect(ConnectOptions()
                      .timeout(std::chrono::seconds(url.number("timeout", 30, 1, 3'600)))
                      .bindAddress(url.parameter("bind")));
  return connectService(reactor, url.host, std::move(factory), std::move(options));
}

}  // namespace

Deferred<Connected> connectService(Reactor& reactor, std::string service,
                                   std::shared_ptr<Factory> factory, ServiceOptions options) {
  Result<Name> domain = domainOf(service);
  if (!domain) return fail<Connected>(domain.failure());
  return connectTargets(reactor, std::move(service), std::move(*domain), std::move(factory),
                        std::move(options));
}

std::vector<SRV> orderByWeight(std::vector<SRV> services, Random& random) {
  // Those of weight 0 first within a priority: RFC 2782's way to give them a small chance.
  std::stable_sort(services.begin(), services.end(), [](const SRV& a, const SRV& b) {
    if (a.priority != b.priority) return a.priority < b.priority;
    return a.weight == 0 && b.weight != 0;
  });
  for (auto first = services.begin(); first != services.end(); ++first) {
    const auto end = std::find_if(
        first, services.end(), [&](const SRV& each) { return each.priority != first->priority; });
    std::uint64_t sum = 0;
    std::for_each(first, end, [&](const SRV& each) { sum += each.weight; });
    const std::uint64_t drawn = random.below(sum + 1);
    std::uint64_t running = 0;
    const auto chosen = std::find_if(
        first, end, [&](const SRV& each) { return (running += each.weight) >= drawn; });
    std::rotate(first, chosen, chosen + 1);
  }
  return services;
}

bool registerServiceEndpoint() {
  EndpointScheme scheme;
  scheme.connect = &connectEndpoint;
  registerEndpointScheme("srv+tcp", std::move(scheme));
  return true;
}

}  // namespace ropewalk::dns
