// A request on its way: its hops, the proxy in between, the one repetition. RFC 9110 §9.2.2, §15.4.
#include "agent.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "ropewalk/core/base/format.h"
#include "ropewalk/protocols/http/grammar.h"

namespace ropewalk::http {

namespace {

// Of a redirect's own page, to keep the connection; a new one costs less than more.
constexpr std::size_t kDrainAtMost = 64_KiB;
// A page may redirect to itself once or twice until it is ready; it must not do so for ever.
constexpr int kSameRequestAtMost = 3;

/// The Origin of an absolute URL with a host.
Origin originOf(const Uri& url) { return {url.scheme, *url.host, url.effectivePort()}; }

Failure invalidUrl(std::string_view url, std::string_view reason) {
  return InvalidUrl(format("cannot fetch {}: {}", quoteBytes(url), reason));
}

/// Moves the credentials of a URL where they belong: into an Authorization field (RFC 7617 §2).
Result<void> takeCredentials(Hop& hop) {
  const std::optional<std::string> userinfo = std::exchange(hop.url.userinfo, std::nullopt);
  if (!userinfo || userinfo->empty() || hop.headers.has("Authorization")) return {};
  const std::optional<std::string> decoded = percentDecode(*userinfo);
  if (!decoded)
    return invalidUrl(toText(hop.url), "the user or password is not percent-encoded as it must be");
  const bool hasPassword = decoded->find(':') != std::string::npos;
  hop.headers.set("Authorization",
                  "Basic " + base64Encode(hasPassword ? *decoded : *decoded + ":"));
  return {};
}

/// What options name is loaded at once, so that a mistake shows. Loading the system's authorities
/// takes milliseconds: who never asks for https does not wait for them.
std::function<ssl::Context()> contextsOf(const AgentTLS& options) {
  if (options != AgentTLS{}) return [context = contextOf(options)] { return context; };
  return [made = std::make_shared<std::optional<ssl::Context>>()] {
    if (!*made) *made = contextOf({});
    return **made;
  };
}

/// "cannot connect to 127.0.0.1:1: connection refused", as the reason of a longer sentence.
std::string asReason(const Failure& why) {
  const std::string message = why.getErrorMessage();
  constexpr std::string_view kCannot = "cannot ";
  return message.starts_with(kCannot) ? message.substr(kCannot.size()) : message;
}

Failure notSent(const std::string& url, const Failure& why) {
  if (why.check<CancelledError>() != nullptr) return why;
  const std::string message = format("cannot fetch {}: {}", url, asReason(why));
  if (const auto* late = why.check<RequestTimeout>()) return RequestTimeout(message, late->stage());
  return causedBy<RequestNotSent>(why, message);
}

/// The page of a redirect is of no interest, its connection may be.
void discard(ClientResponse response) {
  if (response.complete() || response.closeDelimited()) return;
  response.readBody(kDrainAtMost).addErrback([](const Failure&) { return std::string(); });
}

}  // namespace

/// One call of request(), over all its redirects.
struct Agent::Fetch {
  Hop hop;
  RedirectPolicy policy;
  Timeouts timeouts;
  detail::Span span;
  std::shared_ptr<Factory> upgradeTo;
  std::vector<std::string> trail = {};  // the requests so far, "GET http://…"
  std::vector<std::string> urls = {};   // the URLs that redirected

  /// Refuses a chain that is too long, or that goes round and round.
  Result<void> enter() {
    if (static_cast<int>(urls.size()) > policy.limit) {
      return Failure(
          TooManyRedirects(format("cannot fetch {}: more than {} redirects, the last to {}",
                                  urls.front(), policy.limit, hop.url)));
    }
    trail.push_back(format("{} {}", hop.method, hop.url));
    if (std::count(trail.begin(), trail.end(), trail.back()) > kSameRequestAtMost) {
      return Failure(RedirectLoop(
          format("cannot fetch {}: it redirects to {} again and again", urls.front(), hop.url)));
    }
    return {};
  }
};

Agent::Agent(Reactor& reactor, AgentOptions options)
    : Agent(static_cast<Clock&>(reactor), std::move(options)) {
  AgentTLS toProxies;
  toProxies.trust = options_.tls.trust;
  const Connector direct = tcpConnector(reactor);
  const Connector wire =
      proxyConnector(options_.proxies, direct, tlsConnector(direct, contextsOf(toProxies)));
  setConnector("http", wire);
  setConnector("https", tlsConnector(wire, contextsOf(options_.tls)));
}

Agent::Agent(Clock& clock, AgentOptions options)
    : clock_(clock), options_(std::move(options)), pool_(clock, options_.pool) {}

void Agent::setConnector(std::string scheme, Connector connector) {
  pool_.setConnector(std::move(scheme), std::move(connector));
}

Deferred<ClientResponse> Agent::request(ClientRequest request) {
  Result<Hop> hop = firstHop(request);
  if (!hop.ok()) return fail<ClientResponse>(hop.failure());
  const std::string url = toText(hop->url);
  Fetch fetch{.hop = std::move(*hop),
              .policy = request.redirects().value_or(options_.redirects),
              .timeouts = request.timeouts().value_or(options_.timeouts),
              .span = {.started = clock_.now()},
              .upgradeTo = request.upgradeTo()};
  const Duration total = fetch.timeouts.total;
  if (total <= Duration::zero()) return follow(std::move(fetch));
  fetch.span.deadline = fetch.span.started + total;
  return follow(std::move(fetch))
      .addTimeout(total, clock_,
                  [url](Result<ClientResponse> result, Duration after) -> Result<ClientResponse> {
                    if (result.ok()) return result;
                    return Failure(RequestTimeout(
                        format("cannot fetch {}: no response within {}", url, humanDuration(after)),
                        Stage::total));
                  });
}

Deferred<ClientResponse> Agent::get(std::string url) { return request(http::get(std::move(url))); }

Deferred<ClientResponse> Agent::head(std::string url) {
  return request(http::head(std::move(url)));
}

Deferred<ClientResponse> Agent::post(std::string url, RequestBody body) {
  return request(http::post(std::move(url), std::move(body)));
}

Deferred<ClientResponse> Agent::put(std::string url, RequestBody body) {
  return request(http::put(std::move(url), std::move(body)));
}

Result<Hop> Agent::firstHop(const ClientRequest& request) const {
  // parseUrl would forgive line ends; in what a program puts together they are an injection.
  if (request.url().find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
    return invalidUrl(request.url(), "line end or NUL in the URL");
  }
  Result<Uri> url = parseUrl(request.url());
  if (!url.ok()) return invalidUrl(request.url(), url.failure().getErrorMessage());
  Hop hop{request.method(), std::move(*url), request.headers(), request.body()};
  if (const Result<void> taken = takeCredentials(hop); !taken.ok()) return taken.failure();
  if (const Result<void> checked = check(hop); !checked.ok()) return checked.failure();
  return hop;
}

Result<void> Agent::check(const Hop& hop) const {
  const auto refuse = [&hop](const std::string& reason) {
    return Failure(InvalidRequest(format("cannot fetch {}: {}", hop.url, reason)));
  };
  if (!pool_.supports(hop.url.scheme)) {
    std::string known;
    for (const std::string& scheme : pool_.schemes()) known += (known.empty() ? "" : ", ") + scheme;
    return Failure(SchemeNotSupported(
        format("cannot fetch {}: scheme {} is not supported; this agent knows {}", hop.url,
               hop.url.scheme, known)));
  }
  if (!hop.url.host || hop.url.host->empty() || hop.url.effectivePort() == 0) {
    return invalidUrl(toText(hop.url), "no host, or port 0");
  }
  if (!isToken(hop.method)) return refuse(format("{} is not a method", quoteBytes(hop.method)));
  if (hop.method == "CONNECT") return refuse("CONNECT asks for a tunnel, which is not a request");
  for (const auto* name : {"Content-Length", "Transfer-Encoding", "Expect"}) {
    if (hop.headers.has(name))
      return refuse(format("the {} field is not the caller's to set", name));
  }
  return {};
}

/// The proxy that takes the place of the origin; null for none, or for a tunnel.
const Proxy* Agent::askedInstead(const Uri& url) const {
  if (url.scheme != "http") return nullptr;
  const Result<const Proxy*> proxy = options_.proxies.of(originOf(url));
  return proxy.ok() ? *proxy : nullptr;  // what is wrong with it, its connection tells
}

detail::OutgoingRequest Agent::outgoing(const Fetch& fetch) const {
  const Hop& hop = fetch.hop;
  Headers headers;
  headers.add("Host", hop.headers.get("Host").value_or(hop.url.hostField()));
  if (!options_.userAgent.empty() && !hop.headers.has("User-Agent"))
    headers.add("User-Agent", options_.userAgent);
  if (!hop.headers.has("Accept")) headers.add("Accept", "*/*");
  if (options_.pool.idlePerHost == 0 && !hop.headers.has("Connection"))
    headers.add("Connection", "close");
  for (const auto [name, value] : hop.headers) {
    if (!equalIgnoreCase(name, "Host")) headers.add(name, value);
  }
  std::string target = hop.url.requestTarget();
  // RFC 9112 §3.2.2: a proxy is told the whole URL; a tunnel carries what the origin is told.
  if (const Proxy* const proxy = askedInstead(hop.url)) {
    target = hop.url.origin() + target;
    if (!proxy->authorization.empty() && !headers.has("Proxy-Authorization"))
      headers.add("Proxy-Authorization", proxy->authorization);
  }
  return {.method = hop.method,
          .target = std::move(target),
          .headers = std::move(headers),
          .body = hop.body,
          .url = toText(hop.url),
          .timeouts = fetch.timeouts,
          .span = fetch.span,
          .limits = options_.heads,
          .timing = {},
          .upgradeTo = fetch.upgradeTo};
}

Deferred<ClientResponse> Agent::follow(Fetch fetch) {
  const Handle<Agent> self(*this, life_);
  for (;;) {
    if (const Result<void> entered = fetch.enter(); !entered.ok()) co_return entered.failure();
    Deferred<ClientResponse> exchanging = exchange(originOf(fetch.hop.url), outgoing(fetch));
    ClientResponse response = co_await std::move(exchanging);
    response.redirects = fetch.urls;
    if (!self) co_return response;
    if (!fetch.policy.follow || fetch.policy.limit == 0) co_return response;
    Result<std::optional<Hop>> next =
        nextHop(fetch.hop, response.status, response.headers.get("Location"), fetch.policy);
    if (!next.ok()) co_return next.failure();
    if (!*next) co_return response;
    if (const Result<void> checked = check(**next); !checked.ok()) co_return checked.failure();
    fetch.urls.push_back(toText(fetch.hop.url));
    fetch.hop = std::move(**next);
    discard(std::move(response));
  }
}

/// One request and its response; twice, where a kept connection turned out dead.
Deferred<ClientResponse> Agent::exchange(Origin origin, detail::OutgoingRequest request) {
  const Handle<Agent> self(*this, life_);
  auto want = ConnectionPool::Want::any;
  for (;;) {
    bool connected = false;
    bool reused = false;
    std::optional<Failure> why;
    try {
      Deferred<Lease> acquiring = pool_.acquire(origin, request.timeouts.connect, want);
      Lease lease = co_await std::move(acquiring);
      std::shared_ptr<const TlsFacts> secure = lease.secure();
      connected = true;
      reused = lease.reused();
      request.timing = lease.timing;
      Deferred<ClientResponse> responding = lease.send(request);
      ClientResponse response = co_await std::move(responding);
      response.tls = std::move(secure);
      co_return response;
    } catch (...) {
      why = Failure::current();
    }
    if (!connected) co_return notSent(request.url, *why);
    if (!self || !reused || want == ConnectionPool::Want::fresh || !mayRepeat(request, *why))
      co_return *why;
    want = ConnectionPool::Want::fresh;
  }
}

bool Agent::mayRepeat(const detail::OutgoingRequest& request, const Failure& why) const {
  if (!options_.retry) return false;
  if (why.check<RequestNotSent>() != nullptr) return true;
  if (!request.repeatable()) return false;
  return why.check<ResponseNeverReceived>() != nullptr ||
         why.check<RequestTransmissionFailed>() != nullptr;
}

Agent& defaultAgent() {
  thread_local Agent agent(  // the reactor is made before it, and so goes after it
      reactor(), {.proxies = Proxies::fromEnvironment()});
  return agent;
}

}  // namespace ropewalk::http
