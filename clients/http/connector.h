// Connector: how connections to an origin are opened, for one URL scheme. The seam that TLS,
// proxies and tests plug into.
#pragma once

#include <functional>
#include <memory>

#include "agent_tls.h"
#include "origin.h"
#include "proxy.h"
#include "ropewalk/core/async/async_function.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/net/protocol.h"
#include "ropewalk/core/net/reactor.h"

namespace ropewalk::http {

/// What a Connector found out on the way.
struct ConnectReport {
  Duration dns{};
  Duration tls{};                            ///< of the handshake with the origin
  std::shared_ptr<const TlsFacts> secure{};  ///< null without TLS to the origin
};

/// Opens a stream to an origin, with the protocol that the factory makes at its upper end. Fires
/// once application bytes may be written (for TLS: after the handshake). Cancellable. `report` is
/// valid until it has fired or was cancelled.
using Connector =
    AsyncFunction<Deferred<Handle<Protocol>>(const Origin& origin, std::shared_ptr<Factory> factory,
                                             const ConnectOptions& options, ConnectReport& report)>;

/// Plain TCP: for http.
/// @param reactor  must outlive it
[[nodiscard]] Connector tcpConnector(Reactor& reactor);

/// TLS over what another Connector opens: for https. The certificate must be for the origin's host;
/// sessions are resumed for the same host and port. A server that picks another application
/// protocol (ALPN) than http/1.1 is left, with a HandshakeError.
/// @param context  called for each connection; what it throws fails that
[[nodiscard]] Connector tlsConnector(Connector below, std::function<ssl::Context()> context);
/// The same over the reactor's TCP.
[[nodiscard]] Connector tlsConnector(Reactor& reactor, ssl::Context context);

/// Through a proxy where `proxies` names one for the origin, else as `direct` does it. For http the
/// stream ends at the proxy, which is to be asked in absolute-form (RFC 9112 §3.2.2: the Agent does
/// it); for everything else it is a tunnel (CONNECT, RFC 9110 §9.3.6) to the origin.
/// @param secure  how an https:// proxy is reached
[[nodiscard]] Connector proxyConnector(Proxies proxies, Connector direct, Connector secure);

}  // namespace ropewalk::http
