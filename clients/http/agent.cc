// What a request must be before it is sent, and by which way it goes. RFC 9110 §7.1, §9.1; RFC 7617.
#include "agent.h"

#include <optional>
#include <utility>

#include "ropewalk/clients/http/detail/fetch.h"
#include "ropewalk/clients/http/detail/share.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/protocols/http/grammar.h"

namespace ropewalk::http {

namespace {

Failure invalidUrl(std::string_view url, std::string_view reason) {
  return InvalidUrl(format("cannot fetch {}: {}", quoteBytes(url), reason));
}

/// The value of an Authorization field for the user and password of a URL (RFC 7617 §2); "" for
/// none.
Result<std::string> credentialsOf(const Uri& url) {
  if (!url.userinfo || url.userinfo->empty()) return std::string();
  const std::optional<std::string> decoded = percentDecode(*url.userinfo);
  if (!decoded) {
    Uri shown = url;
    shown.userinfo.reset();
    return invalidUrl(toText(shown), "the user or password is not percent-encoded as it must be");
  }
  const bool hasPassword = decoded->find(':') != std::string::npos;
  return "Basic " + base64Encode(hasPassword ? *decoded : *decoded + ":");
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

std::unique_ptr<const detail::DefaultFields> defaultsOf(const AgentOptions& options) {
  auto defaults = std::make_unique<detail::DefaultFields>();
  if (!options.userAgent.empty()) defaults->add("User-Agent", options.userAgent);
  defaults->add("Accept", "*/*");
  return defaults;
}

/// A method and fields that may be sent as they are.
Result<void> checkHead(const ClientRequest& request, const detail::RequestUrl& url) {
  const auto refuse = [&url](const std::string& reason) {
    return Failure(InvalidRequest(format("cannot fetch {}: {}", url.text(), reason)));
  };
  const std::string& method = request.method();
  if (!isToken(method)) return refuse(format("{} is not a method", quoteBytes(method)));
  if (method == "CONNECT") return refuse("CONNECT asks for a tunnel, which is not a request");
  if (request.headers().empty()) return {};
  for (const auto* name : {"Content-Length", "Transfer-Encoding", "Expect"}) {
    if (request.headers().has(name))
      return refuse(format("the {} field is not the caller's to set", name));
  }
  return {};
}

}  // namespace

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
    : clock_(clock),
      options_(std::move(options)),
      defaults_(defaultsOf(options_)),
      pool_(clock, options_.pool) {}

Agent::~Agent() = default;

void Agent::setConnector(std::string scheme, Connector connector) {
  pool_.setConnector(std::move(scheme), std::move(connector));
}

Deferred<ClientResponse> Agent::request(ClientRequest request) {
  const bool authorized = request.headers().has("Authorization");
  std::string credentials;
  Result<detail::RequestUrl> url =
      readUrl(std::move(request).url(), authorized ? nullptr : &credentials);
  if (!url.ok()) return fail<ClientResponse>(url.failure());
  if (!credentials.empty()) request.header("Authorization", credentials);
  if (const auto checked = checkHead(request, *url); !checked.ok())
    return fail<ClientResponse>(checked.failure());
  detail::Way way = wayTo(*url);
  way.defaults = defaults_.get();
  const auto fetch = detail::share<detail::Fetch>(*this, std::move(*url), std::move(request), way);
  Deferred<ClientResponse> response = fetch->response();
  fetch->start(pool_, ConnectionPool::Want::any);
  return response;
}

Deferred<ClientResponse> Agent::forward(ClientRequest request) {
  Result<detail::RequestUrl> url = readUrl(std::move(request).url(), nullptr);
  if (!url.ok()) return fail<ClientResponse>(url.failure());
  if (const auto checked = checkHead(request, *url); !checked.ok())
    return fail<ClientResponse>(checked.failure());
  const detail::Way way = wayTo(*url);
  const auto exchange = detail::share<detail::Forward>(clock_, std::move(*url), std::move(request),
                                                       options_.timeouts, way);
  Deferred<ClientResponse> response = exchange->response();
  exchange->start(pool_, ConnectionPool::Want::any);
  return response;
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

/// Parsed, and fit to be asked.
/// @param credentials  takes the user and password as an Authorization field has them; null: they
///                     do not matter
Result<detail::RequestUrl> Agent::readUrl(std::string text, std::string* credentials) const {
  if (std::optional<detail::RequestUrl> plain = detail::RequestUrl::plain(std::move(text))) {
    if (const auto known = checkScheme(plain->scheme(), plain->text()); !known.ok())
      return known.failure();
    return std::move(*plain);
  }
  // parseUrl would forgive line ends; in what a program puts together they are an injection.
  if (text.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
    return invalidUrl(text, "line end or NUL in the URL");
  Result<Uri> url = parseUrl(text);
  if (!url.ok()) return invalidUrl(text, url.failure().getErrorMessage());
  if (credentials != nullptr) {
    Result<std::string> decoded = credentialsOf(*url);
    if (!decoded.ok()) return decoded.failure();
    *credentials = std::move(*decoded);
  }
  url->userinfo.reset();
  if (const Result<void> checked = check(*url); !checked.ok()) return checked.failure();
  return detail::RequestUrl(std::move(*url));
}

Result<void> Agent::checkScheme(std::string_view scheme, std::string_view url) const {
  if (pool_.supports(scheme)) return {};
  std::string known;
  for (const std::string& each : pool_.schemes()) known += (known.empty() ? "" : ", ") + each;
  return Failure(SchemeNotSupported(format(
      "cannot fetch {}: scheme {} is not supported; this agent knows {}", url, scheme, known)));
}

Result<void> Agent::check(const Uri& url) const {
  if (!pool_.supports(url.scheme)) return checkScheme(url.scheme, toText(url));
  if (url.host && !url.host->empty() && url.effectivePort() != 0) return {};
  return invalidUrl(toText(url), "no host, or port 0");
}

detail::Way Agent::wayTo(const detail::RequestUrl& url) const {
  detail::Way way{.limits = &options_.heads, .kept = options_.pool.idlePerHost > 0};
  if (!options_.proxies.empty()) way.proxy = proxyFor(url.toUri());
  return way;
}

/// The proxy that takes the place of the origin; null where a tunnel leads through it, or for none.
const Proxy* Agent::proxyFor(const Uri& url) const {
  if (url.scheme != "http") return nullptr;
  const Result<const Proxy*> proxy =
      options_.proxies.of({url.scheme, *url.host, url.effectivePort()});
  return proxy.ok() ? *proxy : nullptr;  // what is wrong with it, its connection tells
}

Agent& defaultAgent() {
  thread_local Agent agent(  // the reactor is made before it, and so goes after it
      reactor(), {.proxies = Proxies::fromEnvironment()});
  return agent;
}

}  // namespace ropewalk::http
