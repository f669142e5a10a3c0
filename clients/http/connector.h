// Origin: whom to connect to. Connector: how, for one URL scheme. The seam that TLS, proxies and
// tests plug into.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/net/protocol.h"
#include "ropewalk/core/net/reactor.h"

namespace ropewalk::http {

/// A server, as far as connections to it may be shared (RFC 6454 §4).
struct Origin {
  std::string scheme;      // lower case
  std::string host;        // a name, or an address without brackets
  std::uint16_t port = 0;  // never 0
  friend auto operator<=>(const Origin&, const Origin&) = default;
};
/// "127.0.0.1:8080", "[::1]:80", "example.org:80".
[[nodiscard]] std::string toText(const Origin& origin);

/// What a Connector found out on the way.
struct ConnectReport {
  Duration dns{};
};

/// Opens a stream to an origin, with the protocol that the factory makes at its upper end. Fires
/// once application bytes may be written (for TLS: after the handshake). Cancellable. `report` is
/// valid until it has fired or was cancelled.
using Connector =
    std::function<Deferred<Handle<Protocol>>(const Origin& origin, std::shared_ptr<Factory> factory,
                                             const ConnectOptions& options, ConnectReport& report)>;

/// Plain TCP: for http.
/// @param reactor  must outlive it
[[nodiscard]] Connector tcpConnector(Reactor& reactor);

}  // namespace ropewalk::http
