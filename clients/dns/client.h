// Client: asks name servers. The stub resolver (RFC 1034 §5.3.1) on our own codec.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client_options.h"
#include "counts.h"
#include "in_flight.h"
#include "resolver.h"

namespace ropewalk {
class Reactor;
}

namespace ropewalk::dns {

/// Asks the servers in turn, round after round, each round with twice the time, until one answers.
///
/// An answer of SERVFAIL, REFUSED, NOTIMP or FORMERR, a mere referral, or an empty one without AA
/// and RA (a lame server's), is passed over as long as there is a server that was not asked yet;
/// when none had better, it is the answer: the empty one only where all say the same. Without any
/// answer the question fails with DNSQueryTimeoutError, which names it, the servers, and what each
/// did.
///
/// The same question asked again while it is under way is sent once. Names are taken as they are:
/// no search list, no hosts file, no cache (ResolverChain has these). The reactor must outlive it;
/// its end fails what is under way with CancelledError.
///
///     dns::ClientOptions options;
///     options.servers = {"192.0.2.1", "tls://dns.example.org"};
///     dns::Client client(reactor, options);
///     auto asking = client.ask({dns::Name("example.org"), dns::Type::MX});
class Client final : public Resolver {
 public:
  /// Throws InvalidAddressError for a server that makes no sense. Opens and reads nothing yet.
  explicit Client(Reactor& reactor, ClientOptions options = ClientOptions());
  ~Client() override;

  [[nodiscard]] Deferred<Message> ask(Question question) override;

  [[nodiscard]] const ClientCounts& counts() const noexcept { return *counts_; }
  /// As configured now: "192.0.2.1", "tls://[2001:db8::1]".
  [[nodiscard]] std::vector<std::string> servers();

 private:
  struct Core;

  std::shared_ptr<ClientCounts> counts_;
  std::shared_ptr<Core> core_;
  detail::InFlight inFlight_;  // goes first: its end ends every coroutine that uses the core
};

}  // namespace ropewalk::dns
