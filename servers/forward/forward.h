// forwardTo: a factory whose connections go on to another server: a terminator of TLS, a port
// forwarder.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/net/protocol.h"

namespace ropewalk {

class Reactor;

/// Whether the back end is told who is really there (protocols/proxy_protocol).
enum class SendProxy : std::uint8_t { no, v1, v2 };

struct ForwardOptions {
  Duration connectTimeout = std::chrono::seconds(10);  ///< for each back end
  SendProxy sendProxy = SendProxy::no;
  /// Without a byte in either direction; then both sides are closed.
  Duration idleTimeout = std::chrono::hours(1);
  /// A side that has something to take, and takes nothing for so long, is cut off, and so is the
  /// other.
  Duration writeTimeout = std::chrono::seconds(60);
  Clock* clock = nullptr;  ///< of these two, for tests; null: the reactor of the connection
};

/// Joins each connection to one of the back ends: the first that can be reached, in their order.
///
///     listen("tls://:443?cert=cert.pem&key=key.pem", forwardTo(reactor, {"127.0.0.1:8080"}));
///
/// Nothing is read from the client until a back end is there; over TLS none is asked for before the
/// handshake is done. Back-pressure goes through, in both directions, and so does the end of either
/// direction (half close). When no back end can be reached the client's connection is lost, and the
/// log says why. Version 2 of the PROXY header tells ALPN, SNI and the client's certificate. Throws
/// BadEndpointError for a back end that is no endpoint, std::invalid_argument without any.
/// @param backEnds  endpoints: "127.0.0.1:8080", "unix:/run/app.sock", "tls://host:443"
[[nodiscard]] std::shared_ptr<Factory> forwardTo(Reactor& reactor,
                                                 std::vector<std::string> backEnds,
                                                 ForwardOptions options = ForwardOptions());
/// On the thread's default reactor.
[[nodiscard]] std::shared_ptr<Factory> forwardTo(std::string backEnd,
                                                 ForwardOptions options = ForwardOptions());

}  // namespace ropewalk
