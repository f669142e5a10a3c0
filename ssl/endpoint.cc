// Parameters of URLs to options, and the tls scheme on top of tcp.
#include "endpoint.h"

#include <algorithm>
#include <array>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/reactor.h"

namespace ropewalk::ssl {

namespace {

constexpr std::array<std::string_view, 17> kServerParameters{
    "cert",    "key",        "chain",   "password", "passwordFile", "sni",
    "dev",     "alpn",       "profile", "clientCA", "client",       "curves",
    "tickets", "ticketKeys", "ocsp",    "timeout",  "watch"};
constexpr std::array<std::string_view, 3> kTcpParameters{"backlog", "reuseport", "interface"};
constexpr std::array<std::string_view, 13> kClientParameters{
    "ca",  "cert",    "key",    "password", "passwordFile", "alpn", "insecure",
    "pin", "profile", "curves", "name",     "timeout",      "bind"};

std::vector<std::string> listOf(const std::string& text) {
  std::vector<std::string> all;
  for (const std::string_view each : split(text, ',')) {
    if (!trim(each).empty()) all.emplace_back(trim(each));
  }
  return all;
}

[[noreturn]] void badChoice(const EndpointUrl& url, const char* name, const std::string& value,
                            const char* choices) {
  throw BadEndpointError(format("{}: {}={}: choose one of {}", toText(url), name, value, choices));
}

Profile profileOf(const EndpointUrl& url) {
  const std::string name = url.parameter("profile", "intermediate");
  if (name == "intermediate") return Profile::intermediate;
  if (name == "modern") return Profile::modern;
  badChoice(url, "profile", name, "modern, intermediate");
}

ClientCertificates clientCertificatesOf(const EndpointUrl& url) {
  const bool named = !url.parameter("clientCA").empty();
  const std::string name = url.parameter("client", named ? "require" : "none");
  if (name == "none") return ClientCertificates::none;
  if (name == "request") return ClientCertificates::request;
  if (name == "require") return ClientCertificates::require;
  badChoice(url, "client", name, "none, request, require");
}

bool flagOf(const EndpointUrl& url, const char* name, bool otherwise) {
  return url.number(name, otherwise ? 1 : 0, 0, 1) != 0;
}

void checkServerParameters(const EndpointUrl& url) {
  std::vector<std::string_view> known(kServerParameters.begin(), kServerParameters.end());
  known.insert(known.end(), kTcpParameters.begin(), kTcpParameters.end());
  url.checkParameters(known);
}

Deferred<ListeningPort> listenTLS(Reactor& reactor, const EndpointUrl& url,
                                  std::shared_ptr<Factory> factory) {
  checkServerParameters(url);
  const Context context = serverContextOf(url);
  if (flagOf(url, "watch", true)) context.watch(reactor);
  EndpointUrl plain = withoutTls(url, "tcp");
  return listen(reactor, plain, wrap(context, std::move(factory)));
}

Deferred<Handle<Protocol>> connectTLS(Reactor& reactor, const EndpointUrl& url,
                                      std::shared_ptr<Factory> factory) {
  url.checkParameters(kClientParameters);
  const Context context = clientContextOf(url);
  ConnectOptions options;
  options.timeout(std::chrono::seconds(url.number("timeout", 30, 1, 86'400)));
  options.bindAddress(url.parameter("bind"));
  ServerIdentity server{url.parameter("name", url.host), format("{}", url.port)};
  return reactor.connectTCP(url.host, url.port,
                            wrapClient(context, std::move(server), std::move(factory)),
                            std::move(options));
}

}  // namespace

Context serverContextOf(const EndpointUrl& url) {
  ServerOptions options;
  options.certificate = url.parameter("cert");
  options.key = url.parameter("key");
  options.chain = url.parameter("chain");
  options.password = url.parameter("password");
  options.passwordFile = url.parameter("passwordFile");
  options.sniDirectory = url.parameter("sni");
  options.development = flagOf(url, "dev", false);
  options.alpn = listOf(url.parameter("alpn"));
  options.profile = profileOf(url);
  options.clientCA = url.parameter("clientCA");
  options.clientCertificates = clientCertificatesOf(url);
  options.curves = url.parameter("curves", options.curves);
  options.tickets = flagOf(url, "tickets", true);
  options.ticketKeys = url.parameter("ticketKeys");
  options.ocspStaple = url.parameter("ocsp");
  options.handshakeTimeout = std::chrono::seconds(url.number("timeout", 10, 1, 3'600));
  return Context::server(std::move(options));
}

Context clientContextOf(const EndpointUrl& url) {
  ClientOptions options;
  options.trust = url.parameter("ca");
  options.certificate = url.parameter("cert");
  options.key = url.parameter("key");
  options.password = url.parameter("password");
  options.passwordFile = url.parameter("passwordFile");
  options.alpn = listOf(url.parameter("alpn"));
  options.verify = !flagOf(url, "insecure", false);
  options.pins = listOf(url.parameter("pin"));
  options.profile = profileOf(url);
  options.curves = url.parameter("curves", options.curves);
  return Context::client(std::move(options));
}

EndpointUrl withoutTls(EndpointUrl url, std::string scheme) {
  for (const std::string_view name : kServerParameters) url.parameters.erase(std::string(name));
  url.scheme = std::move(scheme);
  return url;
}

bool registerEndpoints() {
  EndpointScheme scheme;
  scheme.listen = &listenTLS;
  scheme.connect = &connectTLS;
  registerEndpointScheme("tls", std::move(scheme));
  return true;
}

}  // namespace ropewalk::ssl
