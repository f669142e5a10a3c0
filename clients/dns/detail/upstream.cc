// The four things a server may have to be asked again for, and what is remembered of them.
// RFC 6891 §6.2.2 and §7, RFC 7873 §5.3.
#include "upstream.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "outcome.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/protocols/dns/edns.h"
#include "ropewalk/protocols/dns/errors.h"
#include "ropewalk/ssl/tls.h"
#include "udp_exchange.h"

namespace ropewalk::dns {

namespace {

constexpr std::size_t kClientCookie = 8;                // RFC 7873 §4
constexpr auto kRemembered = std::chrono::minutes(15);  // then it may have been replaced
// For one question: EDNS left out, cookie learned, case left as it is, TCP; no more.
constexpr int kExchanges = 6;

bool isEncrypted(Wire wire) { return wire == Wire::tls || wire == Wire::https; }

/// RFC 6891 §7: what servers that know no EDNS say to it.
bool refusesEdns(const Message& answer) {
  return answer.rcode == Rcode::FORMERR || answer.rcode == Rcode::NOTIMP ||
         answer.rcode == Rcode::BADVERS;
}

http::AgentTLS agentTls(const ssl::ClientOptions& tls) {
  http::AgentTLS agent;
  agent.trust = tls.trust;
  agent.verify = tls.verify;
  agent.certificate = tls.certificate;
  agent.key = tls.key;
  agent.password = tls.password;
  agent.passwordFile = tls.passwordFile;
  agent.pins = tls.pins;
  return agent;
}

}  // namespace

Upstream::Upstream(Reactor& reactor, ServerAddress address, ClientOptions options,
                   std::shared_ptr<ClientCounts> counts)
    : reactor_(reactor),
      address_(std::move(address)),
      options_(std::move(options)),
      counts_(std::move(counts)),
      stream_(
          reactor, [this](std::shared_ptr<Factory> factory) { return connect(std::move(factory)); },
          counts_),
      clientCookie_(randomBytes(kClientCookie)) {
  if (options_.tcp && address_.wire == Wire::udp) address_.wire = Wire::tcp;
}

bool Upstream::penalised() const { return reactor_.now() < penaltyUntil_; }

QueryOptions Upstream::queryOptions() const {
  QueryOptions query;
  query.recursionDesired = options_.recursionDesired;
  query.checkingDisabled = options_.checkingDisabled;
  query.dnssecOk = options_.dnssecOk;
  query.edns = options_.edns && reactor_.now() >= noEdnsUntil_;
  query.udpSize = options_.udpSize;
  query.randomCase = options_.randomCase && reactor_.now() >= noMixedCaseUntil_;
  query.sameCase = options_.randomCase;
  query.padded = options_.padding && isEncrypted(address_.wire);
  if (options_.cookies) query.cookie = clientCookie_ + serverCookie_;
  return query;
}

Deferred<Message> Upstream::ask(std::shared_ptr<Upstream> server, Question question,
                                Duration timeout) {
  bool stream = server->address_.wire != Wire::udp;
  bool ednsRefused = false;
  bool caseLost = false;
  for (int exchange = 1;; ++exchange) {
    QueryOptions options = server->queryOptions();
    if (ednsRefused) options.edns = false;
    if (caseLost) options.randomCase = false;
    Deferred<detail::Outcome<Message>> asking =
        detail::outcomeOf(server->askOnce(question, options, stream, timeout));
    detail::Outcome<Message> outcome = co_await std::move(asking);
    const bool last = exchange == kExchanges;
    if (!outcome.ok()) {
      // Known of routers and old servers, and what Unbound and Hickory do about it, too.
      if (!last && outcome.result.failure().check<WrongCaseError>() != nullptr) {
        stream = !options.randomCase;
        caseLost = true;
        continue;
      }
      if (!outcome.cancelled()) server->unanswered(outcome.result.failure());
      co_return std::move(outcome.result);
    }
    Message& answer = *outcome.result;
    server->learnCookie(answer);
    if (options.edns && refusesEdns(answer) && !last) {
      ednsRefused = true;
      continue;
    }
    if (answer.rcode == Rcode::BADCOOKIE && !stream && !last) {
      stream = exchange > 1;  // RFC 7873 §5.3: once more with the new cookie, then over TCP
      continue;
    }
    if (answer.truncated && !stream && !last) {
      ++server->counts_->truncated;
      stream = true;
      continue;
    }
    if (answer.truncated) {
      // What there is of it may lack the very record.
      co_return Failure(
          ResolverError(format("cannot ask {}: its answer is truncated{}", toText(server->address_),
                               stream ? " over TCP, too" : "")));
    }
    // That it could answer without EDNS shows that this was the trouble; so with the case.
    const TimePoint until = server->reactor_.now() + kRemembered;
    if (ednsRefused && !refusesEdns(answer)) server->noEdnsUntil_ = until;
    if (caseLost) server->noMixedCaseUntil_ = until;
    server->penaltyUntil_ = {};
    co_return std::move(outcome.result);
  }
}

Deferred<Message> Upstream::askOnce(const Question& question, const QueryOptions& options,
                                    bool stream, Duration timeout) {
  if (stream) return askStream(question, options, std::max(timeout, options_.streamTimeout));
  const Address address = Address::fromLiteral(address_.host, address_.port);
  return askOverUdp(reactor_, address, OutgoingQuery(question, options, randomId()), counts_)
      .addTimeout(timeout, reactor_);
}

Deferred<Message> Upstream::askStream(const Question& question, const QueryOptions& options,
                                      Duration timeout) {
  if (address_.wire != Wire::https)
    return stream_.ask(question, options).addTimeout(timeout, reactor_);
  if (https_ == nullptr) {
    const auto method = options_.httpGet ? HttpsExchange::Method::get : HttpsExchange::Method::post;
    try {
      https_ = std::make_unique<HttpsExchange>(reactor_, address_.url, agentTls(options_.tls),
                                               method, counts_);
    } catch (...) {
      return fail<Message>(Failure::current());
    }
  }
  return https_->ask(question, options).addTimeout(timeout, reactor_);
}

Deferred<Handle<Protocol>> Upstream::connect(std::shared_ptr<Factory> factory) {
  if (address_.wire != Wire::tls)
    return reactor_.connectTCP(address_.host, address_.port, std::move(factory));
  if (!tls_) tls_ = ssl::Context::client(options_.tls);
  const ssl::ServerIdentity identity{address_.name, toText(address_)};
  return reactor_.connectTCP(address_.host, address_.port,
                             ssl::wrapClient(*tls_, identity, std::move(factory)));
}

void Upstream::learnCookie(const Message& answer) {
  const Edns::Option* const option = answer.edns ? answer.edns->find(EdnsOption::COOKIE) : nullptr;
  if (option == nullptr) return;
  const auto cookie = parseCookie(option->data);
  if (cookie && cookie->client == clientCookie_) serverCookie_ = cookie->server;
}

void Upstream::unanswered(const Failure& why) {
  if (why.check<TimeoutError>() != nullptr) ++counts_->timeouts;
  serverCookie_.clear();  // it may know cookies no more, and then all its answers are ignored
  penaltyUntil_ = reactor_.now() + options_.penalty;
  if (why.check<TimeoutError>() != nullptr && address_.wire != Wire::https)
    stream_.leaveConnection();
}

}  // namespace ropewalk::dns
