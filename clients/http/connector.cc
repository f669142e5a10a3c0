// Connectors stacked: TCP, TLS on top of any, a proxy in between.
#include "connector.h"

#include <utility>

#include "proxy.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/ssl/tls.h"
#include "tunnel.h"

namespace ropewalk::http {

namespace {

constexpr std::string_view kSpoken = "http/1.1";  // as ALPN calls it (RFC 7301 §6)

TlsFacts factsOf(const ssl::Session& session) {
  return {std::string(session.version()), std::string(session.cipher()),
          std::string(session.negotiatedProtocol()), session.resumed(), session.peerCertificate()};
}

/// The connection, if it is fit for HTTP/1.1.
Result<Handle<Protocol>> checked(const Handle<Protocol>& connected, const Origin& origin,
                                 ConnectReport& report) {
  const ssl::Session* session = connected ? ssl::sessionOf(connected->transport()) : nullptr;
  if (session == nullptr)
    return Failure(ConnectionLost(format("connection to {} was lost at once", origin)));
  const std::string_view picked = session->negotiatedProtocol();
  if (!picked.empty() && picked != kSpoken) {
    const ssl::HandshakeError error(
        ssl::HandshakeFailure::protocol,
        format("{} picked the protocol {} (ALPN), and only {} is spoken here", origin,
               quoteBytes(picked), kSpoken));
    connected->transport().abortConnection();
    return Failure(error);
  }
  report.tls = session->handshakeTime();
  report.secure = std::make_shared<const TlsFacts>(factsOf(*session));
  return connected;
}

}  // namespace

std::string toText(const Origin& origin) {
  const bool isIPv6 = origin.host.find(':') != std::string::npos;
  return format(isIPv6 ? "[{}]:{}" : "{}:{}", origin.host, origin.port);
}

Connector tcpConnector(Reactor& reactor) {
  return [&reactor](const Origin& origin, std::shared_ptr<Factory> factory,
                    const ConnectOptions& options, ConnectReport& report) {
    ConnectOptions timed = options;
    timed.resolved(
        [&reactor, &report, began = reactor.now()] { report.dns = reactor.now() - began; });
    return reactor.connectTCP(origin.host, origin.port, std::move(factory), std::move(timed));
  };
}

Connector tlsConnector(Connector below, std::function<ssl::Context()> context) {
  return [below = std::move(below), context = std::move(context)](
             const Origin& origin, std::shared_ptr<Factory> factory, const ConnectOptions& options,
             ConnectReport& report) {
    ssl::ServerIdentity server{origin.host, format("{}", origin.port)};
    auto wrapped = ssl::wrapClient(context(), std::move(server), std::move(factory));
    return below(origin, std::move(wrapped), options, report)
        .addCallback([](Handle<Protocol> connected) { return whenOpened(std::move(connected)); })
        .addCallback([&report, origin](const Handle<Protocol>& secure) {
          return checked(secure, origin, report);
        });
  };
}

Connector tlsConnector(Reactor& reactor, ssl::Context context) {
  return tlsConnector(tcpConnector(reactor), [context = std::move(context)] { return context; });
}

Connector proxyConnector(Proxies proxies, Connector direct, Connector secure) {
  return [proxies = std::move(proxies), direct = std::move(direct), secure = std::move(secure)](
             const Origin& origin, std::shared_ptr<Factory> factory, const ConnectOptions& options,
             ConnectReport& report) {
    const Result<const Proxy*> found = proxies.of(origin);
    if (!found.ok()) return fail<Handle<Protocol>>(found.failure());
    const Proxy* const proxy = *found;
    if (proxy == nullptr) return direct(origin, std::move(factory), options, report);
    const Connector& reach = proxy->origin.scheme == "https" ? secure : direct;
    if (origin.scheme == "http") {
      return reach(proxy->origin, std::move(factory), options, report)
          .addCallback([&report](Handle<Protocol> connected) {
            report.secure.reset();  // TLS to the proxy is none to the origin
            return connected;
          });
    }
    // A zone means nothing to a proxy.
    const Origin named{origin.scheme, origin.host.substr(0, origin.host.find('%')), origin.port};
    Tunnel tunnel{toText(named), proxy->authorization, toText(*proxy)};
    return reach(proxy->origin, tunnelThrough(std::move(tunnel), std::move(factory)), options,
                 report);
  };
}

}  // namespace ropewalk::http
