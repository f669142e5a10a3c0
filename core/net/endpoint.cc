// The table of schemes, for all threads, and what to say of a scheme that is not in it.

#include "endpoint.h"

#include <map>
#include <mutex>

#include "ropewalk/core/base/error.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/detail/endpoint_schemes.h"
#include "ropewalk/core/net/detail/failed_listens.h"

namespace ropewalk {

namespace {

using Schemes = std::map<std::string, std::shared_ptr<EndpointScheme>>;

/// Those that core knows; others are added by whoever provides them.
Schemes builtIn() {
  Schemes schemes;
  const auto add = [&](const char* name, EndpointScheme scheme) {
    schemes[name] = std::make_shared<EndpointScheme>(std::move(scheme));
  };
  add("tcp", {detail::listenTcpEndpoint, detail::connectTcpEndpoint});
  add("unix", {detail::listenUnixEndpoint, detail::connectUnixEndpoint});
  add("fd", {detail::listenFdEndpoint, detail::connectFdEndpoint});
  add("systemd", {detail::listenSystemdEndpoint, {}});
  add("stdio", {detail::listenStdioEndpoint, detail::connectStdioEndpoint});
  add("exec", {{}, detail::connectExecEndpoint});
  add("udp", {detail::listenUdpEndpoint, {}});
  add("unixgram", {detail::listenUnixgramEndpoint, {}});
  return schemes;
}

struct Registry {
  std::mutex mutex;
  Schemes schemes = builtIn();
};

Registry& registry() {
  static Registry registry;
  return registry;
}

std::vector<std::string> namesOf(bool listening) {
  Registry& known = registry();
  const std::lock_guard lock(known.mutex);
  std::vector<std::string> names;
  for (const auto& [name, scheme] : known.schemes) {
    if (listening ? static_cast<bool>(scheme->listen) : static_cast<bool>(scheme->connect))
      names.push_back(name);
  }
  return names;
}

/// Where a scheme comes from that is not built in; "" when it is there, or nobody knows it.
std::string_view headerOf(const std::string& scheme) {
  Registry& known = registry();
  const std::lock_guard lock(known.mutex);
  if (known.schemes.contains(scheme)) return "";
  if (scheme == "tls") return "ropewalk/ssl/ssl.h";
  if (scheme == "proxy+tcp" || scheme == "proxy+tls" || scheme == "tls+proxy")
    return "ropewalk/servers/proxy_protocol/accept.h";
  if (scheme == "http-connect") return "ropewalk/clients/http/tunnel.h";
  if (scheme == "memory") return "ropewalk/core/testing/memory_endpoints.h";
  if (scheme == "srv+tcp") return "ropewalk/clients/dns/dns.h";
  return "";
}

std::shared_ptr<EndpointScheme> find(const EndpointUrl& url, bool listening) {
  {
    Registry& known = registry();
    const std::lock_guard lock(known.mutex);
    const auto found = known.schemes.find(url.scheme);
    const bool able =
        found != known.schemes.end() && (listening ? static_cast<bool>(found->second->listen)
                                                   : static_cast<bool>(found->second->connect));
    if (able) return found->second;
  }
  if (const std::string_view header = headerOf(url.scheme); !header.empty()) {
    throw BadEndpointError(format("cannot {} {}: #include <{}> makes {} known",
                                  listening ? "listen on" : "connect to", toText(url), header,
                                  url.scheme == "memory" ? "memory:" : url.scheme + "://"));
  }
  std::string list;
  for (const std::string& name : namesOf(listening)) list += (list.empty() ? "" : ", ") + name;
  throw BadEndpointError(format("cannot {} {}: no scheme '{}' for that; there are {}",
                                listening ? "listen on" : "connect to", toText(url), url.scheme,
                                list));
}

/// Its failure, should nobody handle it, ends the reactor.
Deferred<ListeningPort> noted(Reactor& reactor, Deferred<ListeningPort> listening) {
  return std::move(listening).addBoth(
      [listens = reactor.failedListens()](const Result<ListeningPort>& result) {
        if (!result.ok() && !result.failure().check<CancelledError>())
          listens->note(result.failure());
      });
}

}  // namespace

Deferred<ListeningPort> listen(Reactor& reactor, const EndpointUrl& endpoint,
                               std::shared_ptr<Factory> factory) {
  const auto url = std::make_shared<const EndpointUrl>(endpoint);
  Deferred<ListeningPort> listening =
      maybeDeferred([&] { return find(*url, true)->listen(reactor, *url, std::move(factory)); });
  return noted(reactor, detail::keepUntilFired(std::move(listening), url));
}

Deferred<ListeningPort> listen(Reactor& reactor, std::string_view endpoint,
                               std::shared_ptr<Factory> factory) {
  try {
    return listen(reactor, EndpointUrl::parse(endpoint), std::move(factory));
  } catch (...) {
    return noted(reactor, fail<ListeningPort>(Failure::current()));
  }
}

Deferred<ListeningPort> listen(std::string_view endpoint, std::shared_ptr<Factory> factory) {
  return listen(reactor(), endpoint, std::move(factory));
}

Deferred<Handle<Protocol>> connect(Reactor& reactor, std::string_view endpoint,
                                   std::shared_ptr<Factory> factory) {
  return maybeDeferred([&] {
    const auto url = std::make_shared<const EndpointUrl>(EndpointUrl::parse(endpoint));
    return detail::keepUntilFired(find(*url, false)->connect(reactor, *url, std::move(factory)),
                                  url);
  });
}

void registerEndpointScheme(std::string name, EndpointScheme scheme) {
  Registry& known = registry();
  const std::lock_guard lock(known.mutex);
  known.schemes[lowerCase(name)] = std::make_shared<EndpointScheme>(std::move(scheme));
}

std::vector<std::string> listenSchemes() { return namesOf(true); }
std::vector<std::string> connectSchemes() { return namesOf(false); }

}  // namespace ropewalk
