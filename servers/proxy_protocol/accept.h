// The PROXY protocol in front of any factory: behind a balancer its protocols see the real peers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/net/protocol.h"
#include "ropewalk/core/net/transport.h"
#include "ropewalk/protocols/proxy_protocol/read.h"

namespace ropewalk {

struct ProxyProtocolOptions {
  /// Who may say so: addresses and networks. UNIX sockets always may: file permissions decide.
  std::vector<std::string> trusted{"127.0.0.0/8", "::1"};
  Duration timeout = std::chrono::seconds(5);  ///< for the header
};

/// A factory whose connections begin with a PROXY header, version 1 or 2, however it is cut. The
/// protocols of `factory` are built when the header has been read: buildProtocol, getPeer and
/// getHost tell the real addresses, in connectionMade too. LOCAL and UNKNOWN leave the connection's
/// own.
///
/// A peer that is not trusted, a connection without a header, with a wrong one or a late one is
/// closed, and the log says why: nothing of it is taken for data. In front of TLS:
/// acceptProxyProtocol(ssl::wrap(…)), inside of it the other way round. Throws
/// std::invalid_argument for what is no network.
///
///     ProxyProtocolOptions options;
///     options.trusted = {"10.0.0.0/8"};
///     reactor.listenTCP(8080, acceptProxyProtocol(site, options));
[[nodiscard]] std::shared_ptr<Factory> acceptProxyProtocol(
    std::shared_ptr<Factory> factory, ProxyProtocolOptions options = ProxyProtocolOptions());

/// The header that the connection of this transport began with, or null.
[[nodiscard]] const ProxyHeader* proxyHeaderOf(Transport& transport) noexcept;

/// Adds the schemes proxy+tcp, proxy+tls (the header outside of TLS) and tls+proxy (inside) for
/// listening. They take the parameters of tcp and tls, and trust=10.0.0.0/8,… .
bool registerProxyEndpoints();
/// Whoever includes this may use the schemes.
inline const bool kProxyEndpointsRegistered = registerProxyEndpoints();

}  // namespace ropewalk
