// RecursiveResolver: finds answers itself, from the root down. RFC 1034 §5.3.3. Twisted's
// root.Resolver.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "client_options.h"
#include "in_flight.h"
#include "resolver.h"
#include "root_hints.h"
#include "ropewalk/core/base/copyable_function.h"

namespace ropewalk {
class Reactor;
}

namespace ropewalk::dns {

/// One question to one server on the way, for those who watch.
struct TraceStep {
  Question question{};
  Name zone{};          ///< that the server was asked about
  NameServer server{};  ///< with the one address that was asked
  Duration took{};
  const Message* answer = nullptr;   ///< null when there was none
  const Failure* failure = nullptr;  ///< why
};

struct RecursiveOptions {
  std::vector<NameServer> roots = rootHints();
  std::uint16_t port = 53;  ///< of all servers: for tests, another
  bool ipv6 = true;         ///< off: servers are asked over IPv4 only

  int maxQueries = 100;  ///< for one question, with all that it takes (aliases, servers' addresses)
  int maxAliases = 12;   ///< CNAMEs and DNAMEs one after the other
  int maxDepth = 4;      ///< servers whose addresses need servers whose addresses need …
  Duration timeout = std::chrono::milliseconds(1'500);  ///< for one server
  std::size_t maxZones = 20'000;                        ///< delegations that are remembered

  std::uint64_t seed = 0;  ///< of the order in which servers are asked; 0: from the kernel
  CopyableFunction<void(const TraceStep&)> trace{};
  /// udpSize, dnssecOk, randomCase, cookies, streamTimeout of it are used.
  ClientOptions wire{};
};

/// Asks the root, then whom it refers to, and so on, until a server that the zone was delegated to
/// answers; follows aliases into other zones. What a server says about names that are not its own
/// is not believed. Delegations are remembered for their TTL; answers are not: put a
/// CachingResolver before it. No DNSSEC.
///
/// Fails with ResolverError that names the zone and what each of its servers did, or which limit
/// was hit. The reactor must outlive it; its end fails what is under way with CancelledError.
///
///     auto resolver = std::make_shared<dns::RecursiveResolver>(reactor);
///     dns::CachingResolver cache(reactor, resolver);
///     const std::vector<dns::MX> mx = co_await dns::lookupMailExchange(cache, "example.org");
class RecursiveResolver final : public Resolver {
 public:
  explicit RecursiveResolver(Reactor& reactor, RecursiveOptions options = RecursiveOptions());
  ~RecursiveResolver() override;

  [[nodiscard]] Deferred<Message> ask(Question question) override;

 private:
  struct Core;
  struct Work;

  std::shared_ptr<Core> core_;
  detail::InFlight inFlight_;  // goes first
};

}  // namespace ropewalk::dns
