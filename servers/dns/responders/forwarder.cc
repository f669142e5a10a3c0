// What may be asked elsewhere, and what becomes of an upstream's answer. RFC 4035 §3.2, RFC 6761.
#include "forwarder.h"

#include <utility>

#include "ropewalk/clients/dns/caching_resolver.h"
#include "ropewalk/clients/dns/client.h"
#include "ropewalk/clients/dns/special_names.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/servers/dns/responders/detail/negative_soa.h"

namespace ropewalk::dns {

namespace {

inline constexpr log::Logger kLog{"dns.forward"};

bool isSignature(Type type) noexcept {
  return type == Type::RRSIG || type == Type::NSEC || type == Type::NSEC3;
}

/// RFC 4035 §3.2.1: without DO these come only to those who ask for them.
void removeSignatures(Message& message, Type asked) {
  for (auto* section : {&message.answers, &message.authority, &message.additional}) {
    std::erase_if(*section, [asked](const Record& each) {
      return isSignature(each.type) && each.type != asked && asked != Type::ANY;
    });
  }
}

/// What becomes of an upstream's rcode. That it did not understand us, or does not serve us, is
/// nothing the client did.
Rcode rcodeFor(Rcode upstream) noexcept {
  switch (upstream) {
    case Rcode::NOERROR:
    case Rcode::NXDOMAIN:
    case Rcode::YXDOMAIN:  // a DNAME that gave too long a name (RFC 6672 §2.2)
    case Rcode::REFUSED:
      return upstream;
    default:
      return Rcode::SERVFAIL;
  }
}

Message answerFrom(Message upstream, const LaterQuery& query, const ForwarderOptions& options) {
  Message answer;
  answer.rcode = rcodeFor(upstream.rcode);
  answer.recursionAvailable = true;
  answer.truncated = upstream.truncated;
  answer.authenticData = upstream.authenticData && options.trustAuthenticData;
  answer.answers = std::move(upstream.answers);
  answer.authority = std::move(upstream.authority);
  answer.additional = std::move(upstream.additional);
  if (!query.dnssecOk) removeSignatures(answer, query.question.type);
  return answer;
}

Message serverFailure() {
  Message answer;
  answer.rcode = Rcode::SERVFAIL;
  answer.recursionAvailable = true;
  return answer;
}

constexpr std::uint32_t kSpecialTtl = 3'600;

/// What is known of special names without asking.
void answerSpecial(std::string_view special, const QueryView& view, MessageWriter& answer) {
  answer.flags().authoritative = true;
  const auto record = [&](Type type, std::string_view data) {
    (void)answer.record(Section::answer, view.name(), type, Class::IN, kSpecialTtl, data);
  };
  const bool local = isLocalhost(special);
  if (!local) answer.flags().rcode = Rcode::NXDOMAIN;
  if (local && (view.type == Type::A || view.type == Type::ANY))  // one set: RFC 8482
    return record(Type::A, {"\x7f\0\0\1", 4});
  if (local && view.type == Type::AAAA)
    return record(Type::AAAA, {"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16});
  writeNegativeSoa(answer, special, kSpecialTtl);
}

}  // namespace

Forwarder::Forwarder(std::shared_ptr<Resolver> upstream, ForwarderOptions options,
                     std::shared_ptr<Resolver> withSignatures)
    : upstream_(std::move(upstream)),
      withSignatures_(withSignatures ? std::move(withSignatures) : upstream_),
      options_(std::move(options)) {}

Verdict Forwarder::respond(const Query& query, MessageWriter& answer) {
  const QueryView& view = query.view;
  if (view.klass != Class::IN) return Verdict::pass;
  if (options_.below && !wire::isBelow(view.lowerName(), options_.below->wire())) {
    return Verdict::pass;
  }
  HeaderFlags& flags = answer.flags();
  flags.recursionAvailable = true;
  const std::string_view special = specialHere(view.lowerName());
  const bool forRecords = !isMetaType(view.type) || view.type == Type::ANY;
  if (!special.empty() && forRecords) {
    answerSpecial(special, view, answer);
    return Verdict::answered;
  }
  if (!view.recursionDesired || !forRecords) {
    flags.rcode = Rcode::REFUSED;
    return Verdict::answered;
  }
  if (state_->underWay >= options_.maxUnderWay) {
    ++state_->counts.overload;
    flags.rcode = Rcode::SERVFAIL;
    return Verdict::answered;
  }
  return Verdict::later;
}

/// The special name above, where it is not for the upstream.
std::string_view Forwarder::specialHere(std::string_view name) const noexcept {
  if (options_.forwardSpecialNames) return {};
  if (options_.below && !specialNameAbove(options_.below->wire()).empty()) return {};
  return specialNameAbove(name);
}

Deferred<std::optional<Message>> Forwarder::resolve(LaterQuery query) {
  ++state_->underWay;
  ++state_->counts.asked;
  Resolver& resolver = query.dnssecOk ? *withSignatures_ : *upstream_;
  detail::InFlight& inFlight = query.dnssecOk ? signed_ : plain_;
  Question question = query.question;
  question.checkingDisabled = query.checkingDisabled;
  return inFlight.ask(question, [&resolver, question] { return resolver.ask(question); })
      .addBoth([state = state_, options = options_, query = std::move(query)](
                   Result<Message> result) -> Result<std::optional<Message>> {
        --state->underWay;
        if (result) return answerFrom(std::move(*result), query, options);
        if (result.failure().check<CancelledError>()) return result.failure();
        ++state->counts.failed;
        kLog.debug("forwarding {}: {}", query.question, result.failure());
        return serverFailure();
      });
}

std::shared_ptr<Forwarder> forwardTo(Reactor& reactor, const std::vector<std::string>& upstreams,
                                     ForwardSetup setup) {
  ClientOptions client = std::move(setup.client);
  // A lost datagram is sent once more; then somebody else is asked. What resolv.conf says is for
  // other servers.
  if (!client.tries) client.tries = 2;
  if (!client.timeout) client.timeout = std::chrono::seconds(2);
  const auto resolverFor = [&](bool signatures) -> std::shared_ptr<Resolver> {
    client.dnssecOk = signatures;
    std::vector<Upstreams::Member> members;
    for (const std::string& upstream : upstreams) {
      client.servers = {upstream};
      members.push_back({upstream, std::make_shared<Client>(reactor, client)});
    }
    auto all = std::make_shared<Upstreams>(reactor, std::move(members), setup.upstreams);
    if (!setup.cache) return all;
    return std::make_shared<CachingResolver>(reactor, std::move(all), *setup.cache);
  };
  auto plain = resolverFor(false);
  auto withSignatures = resolverFor(true);
  return std::make_shared<Forwarder>(std::move(plain), std::move(setup.forwarder),
                                     std::move(withSignatures));
}

}  // namespace ropewalk::dns
