// Proxy URLs, whose default ports are their own, and the variables in curl's order.
#include "proxy.h"

#include <cstdlib>
#include <initializer_list>
#include <utility>

#include "errors.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/address.h"
#include "ropewalk/protocols/http/uri.h"

namespace ropewalk::http {

namespace {

constexpr std::uint16_t kDefaultPort = 1080;  // curl's, and so what people leave out

/// A URL fit for messages: whatever may be a password is left out, also where it is no URL at all.
std::string withoutCredentials(std::string_view url) {
  const std::size_t at = url.rfind('@');
  if (at == std::string_view::npos) return quoteBytes(url);
  const std::size_t scheme = url.find("://");
  const bool hasScheme = scheme != std::string_view::npos && scheme < at;
  const std::string prefix(hasScheme ? url.substr(0, scheme + 3) : "");
  return quoteBytes(prefix + "***" + std::string(url.substr(at)));
}

Failure badProxy(std::string_view url, std::string_view reason) {
  return InvalidUrl(format("{} is no proxy: {}", withoutCredentials(url), reason));
}

bool isLocal(const std::string& host) {
  const std::string name = lowerCase(host);
  return name == "localhost" || name == "localhost." || name.ends_with(".localhost") ||
         Address::fromLiteral(host, 0).isLoopback();
}

using Variable = std::function<const char*(const char* name)>;
struct Setting {
  std::string name;
  std::string value;
};

Setting firstSet(const Variable& variable, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const char* value = variable(name);
    if (value != nullptr && *value != '\0') return {name, value};
  }
  return {};
}

std::optional<Result<Proxy>> proxyOf(const Setting& setting) {
  if (setting.value.empty()) return std::nullopt;
  Result<Proxy> proxy = parseProxy(setting.value);
  if (proxy.ok()) return proxy;
  return Result<Proxy>(Failure(InvalidUrl(
      format("{} in the environment: {}", setting.name, proxy.failure().getErrorMessage()))));
}

}  // namespace

Result<Proxy> parseProxy(std::string_view url) {
  const std::string text(trim(url));
  // Not parseUrl: it drops the default port of the scheme, and that is not the default here.
  const Result<Uri> parsed =
      parseUri(text.find("://") == std::string::npos ? "http://" + text : text);
  if (!parsed.ok()) return badProxy(text, "not a URL");
  const std::string scheme = lowerCase(parsed->scheme);
  if (scheme != "http" && scheme != "https")
    return badProxy(text, format("the scheme is {}; http and https are supported", scheme));
  if (!parsed->host || parsed->host->empty()) return badProxy(text, "it has no host");
  if ((!parsed->path.empty() && parsed->path != "/") || parsed->query || parsed->fragment)
    return badProxy(text, "something follows host and port");
  const std::uint16_t port = parsed->port.value_or(scheme == "https" ? 443 : kDefaultPort);
  if (port == 0) return badProxy(text, "port 0");
  Proxy proxy{{scheme, lowerCase(*parsed->host), port}};
  if (!parsed->userinfo || parsed->userinfo->empty()) return proxy;
  const std::optional<std::string> user = percentDecode(*parsed->userinfo);
  if (!user) return badProxy(text, "the user or password is not percent-encoded as it must be");
  const bool hasPassword = user->find(':') != std::string::npos;
  proxy.authorization = "Basic " + base64Encode(hasPassword ? *user : *user + ":");
  return proxy;
}

std::string toText(const Proxy& proxy) {
  return format("{}://{}", proxy.origin.scheme, toText(proxy.origin));
}

Proxies Proxies::through(std::string_view url, std::string_view except) {
  Result<Proxy> proxy = parseProxy(url);
  if (!proxy.ok()) proxy.failure().raise();
  Proxies proxies;
  proxies.http_ = proxy;
  proxies.https_ = std::move(proxy);
  proxies.except_ = NoProxy(except);
  return proxies;
}

Proxies Proxies::fromEnvironment() {
  return fromEnvironment(
      [](const char* name) -> const char* { return std::getenv(name); });  // NOLINT: nobody sets it
}

Proxies Proxies::fromEnvironment(const Variable& variable) {
  Proxies proxies;
  proxies.http_ = proxyOf(firstSet(variable, {"http_proxy", "all_proxy", "ALL_PROXY"}));
  proxies.https_ =
      proxyOf(firstSet(variable, {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}));
  proxies.except_ = NoProxy(firstSet(variable, {"no_proxy", "NO_PROXY"}).value);
  proxies.loopback_ = false;
  return proxies;
}

Result<const Proxy*> Proxies::of(const Origin& origin) const {
  const std::optional<Result<Proxy>>& proxy = origin.scheme == "https" ? https_ : http_;
  const Proxy* found = nullptr;
  if (!proxy || (!loopback_ && isLocal(origin.host)) || except_.covers(origin.host, origin.port))
    return found;
  if (!proxy->ok()) return proxy->failure();
  found = &**proxy;
  return found;
}

}  // namespace ropewalk::http
