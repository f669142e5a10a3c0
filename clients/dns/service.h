// connectService: to whoever offers a service, as SRV records say. RFC 2782. Twisted's
// SRVConnector.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "resolver.h"
#include "ropewalk/core/base/random.h"
#include "ropewalk/core/base/set_option.h"
#include "ropewalk/core/net/endpoint.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/protocols/dns/records.h"

namespace ropewalk::dns {

class ServiceOptions {
 public:
  /// Who looks up the SRV records; unset: systemResolver. Their targets are the reactor's
  /// resolver's.
  ServiceOptions& resolver(std::shared_ptr<Resolver> value) {
    return setOption(*this, resolver_, std::move(value));
  }
  [[nodiscard]] const std::shared_ptr<Resolver>& resolver() const noexcept { return resolver_; }
  /// Where there are no SRV records, the domain itself is connected to at this port; 0: it fails.
  ServiceOptions& defaultPort(std::uint16_t port) { return setOption(*this, defaultPort_, port); }
  [[nodiscard]] std::uint16_t defaultPort() const noexcept { return defaultPort_; }
  /// Of the choice by weight; 0: from the reactor's Random.
  ServiceOptions& seed(std::uint64_t value) { return setOption(*this, seed_, value); }
  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }
  /// For each target.
  ServiceOptions& connect(ConnectOptions value) {
    return setOption(*this, connect_, std::move(value));
  }
  [[nodiscard]] const ConnectOptions& connect() const noexcept { return connect_; }

 private:
  std::shared_ptr<Resolver> resolver_;
  std::uint16_t defaultPort_ = 0;
  std::uint64_t seed_ = 0;
  ConnectOptions connect_;
};

/// Connects to a target of the lowest priority, chosen by weight; when it cannot be reached, to the
/// next, and so on. Fires after connectionMade. Cancelling stops the attempt.
///
/// Fails with DNSNameError and its like when there is no such service; with ConnectError that lists
/// the targets when none can be reached, or when the domain says that there is none (target ".").
///
///     const auto options = dns::ServiceOptions().defaultPort(143);
///     const Handle<Protocol> imap =
///         co_await dns::connectService(reactor, "_imap._tcp.example.org", factory, options);
///
/// @param service  "_imap._tcp.example.org"
[[nodiscard]] Deferred<Handle<Protocol>> connectService(Reactor& reactor, std::string service,
                                                        std::shared_ptr<Factory> factory,
                                                        ServiceOptions options = ServiceOptions());

/// The order in which targets are tried: by priority, and by chance within one, a target's chance
/// being its weight among those that are left (RFC 2782, "Weight").
[[nodiscard]] std::vector<SRV> orderByWeight(std::vector<SRV> services, Random& random);

/// Adds the endpoint scheme srv+tcp: connect("srv+tcp://_imap._tcp.example.org?port=143"), where
/// port is the defaultPort; timeout and bind are as for tcp.
bool registerServiceEndpoint();

/// Whoever includes this may use the scheme: a table has one entry more before main.
inline const bool kServiceEndpointRegistered = registerServiceEndpoint();

}  // namespace ropewalk::dns
