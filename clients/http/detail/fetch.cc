// Redirects, and the one repetition. RFC 9110 §9.2.2, §15.4.
#include "fetch.h"

#include <algorithm>
#include <utility>

#include "ropewalk/clients/http/agent.h"
#include "ropewalk/clients/http/errors.h"
#include "ropewalk/clients/http/redirect.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "share.h"

namespace ropewalk::http::detail {

namespace {

// Of a redirect's own page, to keep the connection; a new one costs less than more.
constexpr std::size_t kDrainAtMost = 64_KiB;
// A page may redirect to itself once or twice until it is ready; it must not do so for ever.
constexpr int kSameRequestAtMost = 3;

/// The page of a redirect is of no interest, its connection may be.
void discard(ClientResponse response) {
  if (response.complete() || response.closeDelimited()) return;
  response.readBody(kDrainAtMost).addErrback([](const Failure&) { return std::string(); });
}

std::string asText(const OutgoingRequest& request) {
  return format("{} {}", request.method, request.url.text());
}

}  // namespace

Fetch::Fetch(Agent& agent, RequestUrl&& url, ClientRequest&& said, const Way& way)
    : Exchange(agent.clock_, std::move(url), std::move(said), agent.options_.timeouts, way),
      agent_(agent, agent.life_),
      ownPolicy_(std::move(said).redirects()) {}

Fetch::Fetch(Agent& agent, OutgoingRequest&& request, std::optional<RedirectPolicy> redirects)
    : Exchange(agent.clock_, std::move(request)),
      agent_(agent, agent.life_),
      ownPolicy_(std::move(redirects)) {}

Deferred<ClientResponse> Fetch::response() {
  source_.onCancel([this](Source<ClientResponse>&) { cancel(); });
  return source_.deferred();
}

const RedirectPolicy& Fetch::policy() const {
  return ownPolicy_ ? *ownPolicy_ : agent_->options_.redirects;
}

void Fetch::failed(const Failure& why) {
  if (source_.called()) return;
  if (!fresh_ && reused() && agent_ && mayRepeat(why)) {
    fresh_ = true;
    return start(agent_->pool_, ConnectionPool::Want::fresh);
  }
  source_.errback(why);
}

/// A kept connection turned out dead: is it safe to ask once more?
bool Fetch::mayRepeat(const Failure& why) const {
  if (!agent_->options_.retry) return false;
  if (why.check<RequestNotSent>() != nullptr) return true;
  if (!request().repeatable()) return false;
  return why.check<ResponseNeverReceived>() != nullptr ||
         why.check<RequestTransmissionFailed>() != nullptr;
}

void Fetch::responded(ClientResponse&& response) {
  if (source_.called()) return;
  response.redirects = trail_.urls;
  if (!asksToRedirect(response.status) || !agent_ || !policy().follow || policy().limit == 0)
    return give(std::move(response));
  Result<std::optional<OutgoingRequest>> next = nextRequest(response);
  if (!next.ok()) return source_.errback(next.failure());
  if (!*next) return give(std::move(response));
  discard(std::move(response));
  if (const Result<void> left = leaveFor(**next); !left.ok())
    return source_.errback(left.failure());
  redirect(std::move(**next));
}

void Fetch::give(ClientResponse&& response) {
  // One that nobody takes must not be kept by the exchange that its own body keeps.
  Source<ClientResponse> source = std::move(source_);
  source.callback(std::move(response));
}

Result<std::optional<OutgoingRequest>> Fetch::nextRequest(const ClientResponse& response) const {
  const OutgoingRequest& asked = request();
  const Hop hop{asked.method, asked.url.toUri(), asked.headers, asked.body};
  Result<std::optional<Hop>> next =
      nextHop(hop, response.status, response.headers.get("Location"), policy());
  if (!next.ok()) return next.failure();
  if (!*next) return std::optional<OutgoingRequest>();
  if (const Result<void> checked = agent_->check((*next)->url); !checked.ok())
    return checked.failure();
  Way way = asked.way;
  way.proxy = agent_->proxyFor((*next)->url);
  return std::optional<OutgoingRequest>(OutgoingRequest(asked, std::move(**next), way));
}

/// Refuses a chain that is too long, or that goes round and round.
Result<void> Fetch::leaveFor(const OutgoingRequest& next) {
  trail_.urls.emplace_back(request().url.text());
  trail_.requests.push_back(asText(request()));
  if (static_cast<int>(trail_.urls.size()) > policy().limit) {
    return Failure(
        TooManyRedirects(format("cannot fetch {}: more than {} redirects, the last to {}",
                                trail_.urls.front(), policy().limit, next.url.text())));
  }
  const std::vector<std::string>& past = trail_.requests;
  if (std::count(past.begin(), past.end(), asText(next)) >= kSameRequestAtMost) {
    return Failure(RedirectLoop(format("cannot fetch {}: it redirects to {} again and again",
                                       trail_.urls.front(), next.url.text())));
  }
  return {};
}

void Fetch::redirect(OutgoingRequest&& next) {
  const std::shared_ptr<Fetch> hop = share<Fetch>(*agent_, std::move(next), std::move(ownPolicy_));
  hop->trail_ = std::move(trail_);
  hop->source_ = std::move(source_);
  hop->source_.onCancel([fetch = hop.get()](Source<ClientResponse>&) { fetch->cancel(); });
  hop->start(agent_->pool_, ConnectionPool::Want::any);
}

}  // namespace ropewalk::http::detail
