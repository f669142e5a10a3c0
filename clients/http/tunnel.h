// Tunnel: a connection through a proxy, by CONNECT. RFC 9110 §9.3.6. And the endpoint that uses it:
// connect("http-connect://proxy:3128/target:25", …).
#pragma once

#include <memory>
#include <string>

#include "ropewalk/clients/prelude/prelude.h"
#include "ropewalk/core/net/protocol.h"

namespace ropewalk::http {

/// What a proxy is asked for.
struct Tunnel {
  std::string target;           ///< "host:port", "[::1]:port"
  std::string authorization{};  ///< of a Proxy-Authorization field, "Basic …"; "" for none
  std::string proxy{};          ///< how messages call it; "": by its address
};

/// A factory for connections to a proxy: it is asked for the tunnel, and once that is there what
/// the inner factory makes has it. It hears nothing before, so TLS may follow (ssl::wrapClient).
/// The connect… call fires with that; it fails with TunnelRefused (errors.h) and the proxy's own
/// words where there is no tunnel.
///
///     auto connecting = reactor.connectTCP("proxy", 3128, http::tunnelThrough({"db.example:5432"}, factory));
[[nodiscard]] std::shared_ptr<Factory> tunnelThrough(Tunnel tunnel, std::shared_ptr<Factory> inner);

/// Adds the scheme http-connect, for connecting only: http-connect://proxy:port/host:port, with
/// user=…, password=… (of the proxy), timeout and bind as for tcp.
bool registerTunnelEndpoint();

/// Whoever includes this may use the scheme: that is all that happens before main, a table has one
/// entry more.
inline const bool kTunnelEndpointRegistered = registerTunnelEndpoint();

}  // namespace ropewalk::http
