// Forwarder: has somebody else answer. RFC 1035 §7.2, RFC 5625.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ropewalk/clients/dns/answer_cache.h"
#include "ropewalk/clients/dns/client_options.h"
#include "ropewalk/clients/dns/in_flight.h"
#include "ropewalk/clients/dns/resolver.h"
#include "ropewalk/clients/dns/upstreams.h"
#include "ropewalk/servers/dns/responder.h"

namespace ropewalk {
class Reactor;
}

namespace ropewalk::dns {

struct ForwarderOptions {
  std::optional<Name> below{};      ///< only for this name and what is below it; else passed
  std::size_t maxUnderWay = 1'000;  ///< questions that wait; further ones get SERVFAIL
  /// Leaves AD in answers: for upstreams that validate, over a wire that nobody can write on.
  bool trustAuthenticData = false;
  /// Forwards names below localhost, invalid and onion, too: for an upstream that knows them, as a
  /// Tor daemon does. So does `below` when it is one of them.
  bool forwardSpecialNames = false;
};

/// Puts questions to a Resolver: one upstream, Upstreams, a CachingResolver. For those with RD;
/// others get REFUSED, for there is nothing here that was not asked elsewhere. So do transfers.
/// localhost and the names below it are the loopback addresses, names below invalid and onion do
/// not exist: they are not for others to see (RFC 6761, RFC 7686).
///
///     server->add(Server::Place::forward, dns::forwardTo(reactor(), {"127.0.0.1:5353"}));
///
/// A client's CD goes with its question: whoever validates upstream gives him what is bogus, and
/// nobody else (RFC 4035 §3.2.2).
///
/// The same question of several clients is asked once; so one that comes back to us, since our
/// upstream forwards to us, waits for itself instead of going round, and both end with its
/// time-out. Whoever cannot be answered gets SERVFAIL.
///
/// Held by shared_ptr; its end cancels what is under way.
class Forwarder final : public Responder {
 public:
  /// @param withSignatures  asked for clients that want DNSSEC records (DO); null: the same
  explicit Forwarder(std::shared_ptr<Resolver> upstream,
                     ForwarderOptions options = ForwarderOptions(),
                     std::shared_ptr<Resolver> withSignatures = nullptr);

  Verdict respond(const Query& query, MessageWriter& answer) override;
  Deferred<std::optional<Message>> resolve(LaterQuery query) override;

  struct Counts {
    std::uint64_t asked = 0;
    std::uint64_t failed = 0;    ///< nobody answered
    std::uint64_t overload = 0;  ///< SERVFAIL, for too many were under way
  };
  [[nodiscard]] const Counts& counts() const noexcept { return state_->counts; }
  [[nodiscard]] std::size_t underWay() const noexcept { return state_->underWay; }

 private:
  struct State {
    Counts counts;
    std::size_t underWay = 0;
  };

  [[nodiscard]] std::string_view specialHere(std::string_view name) const noexcept;

  const std::shared_ptr<Resolver> upstream_;
  const std::shared_ptr<Resolver> withSignatures_;
  const ForwarderOptions options_;
  const std::shared_ptr<State> state_ = std::make_shared<State>();
  detail::InFlight plain_, signed_;  // go first: their end ends those who wait
};

struct ForwardSetup {
  ForwarderOptions forwarder{};
  UpstreamsOptions upstreams{};
  std::optional<CacheOptions> cache{};  ///< unset: every question is forwarded
  /// How each upstream is asked; its servers and DO are set here.
  ClientOptions client{};
};

/// A Forwarder to name servers: "127.0.0.1:5353", "tcp://…", "tls://192.0.2.1", "https://…" (see
/// ServerAddress). Throws InvalidAddressError. The reactor must outlive it.
[[nodiscard]] std::shared_ptr<Forwarder> forwardTo(Reactor& reactor,
                                                   const std::vector<std::string>& upstreams,
                                                   ForwardSetup setup = ForwardSetup());

}  // namespace ropewalk::dns
