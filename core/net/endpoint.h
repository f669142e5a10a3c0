// Endpoints: listen and connect by a string, whatever is behind it. The strings:
// core/net/endpoint_url.h; docs/endpoints.md.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "endpoint_url.h"
#include "listening_port.h"
#include "protocol.h"
#include "reactor.h"
#include "ropewalk/core/async/async_function.h"
#include "ropewalk/core/async/deferred.h"

namespace ropewalk {

/// Listens: tcp, unix, udp, unixgram, fd, systemd, stdio, and what was registered. Never throws: a
/// bad string, a port that is taken and the like fail the Deferred (E-01, E-02). stdio and systemd
/// sockets can be had once (AlreadyListened).
[[nodiscard]] Deferred<ListeningPort> listen(Reactor& reactor, std::string_view endpoint,
                                             std::shared_ptr<Factory> factory);
[[nodiscard]] Deferred<ListeningPort> listen(Reactor& reactor, const EndpointUrl& endpoint,
                                             std::shared_ptr<Factory> factory);
/// On the thread's default reactor. As with the others, a failure that nobody handles ends the
/// reactor's run() with that error: a program that cannot listen does not run on.
Deferred<ListeningPort> listen(std::string_view endpoint, std::shared_ptr<Factory> factory);

/// Connects: tcp (names too), unix, fd, stdio, exec, and what was registered. Fires
/// with the protocol that speaks there, as Reactor::connectTCP. Cancelling stops the attempt. tcp takes ?timeout=seconds&bind=address.
[[nodiscard]] Deferred<Handle<Protocol>> connect(Reactor& reactor, std::string_view endpoint,
                                                 std::shared_ptr<Factory> factory);

/// Connects a P made of these arguments:
/// `auto client = co_await connect<Client>("tcp://db:5432", settings);`
template <class P, class... Args>
[[nodiscard]] Deferred<Handle<P>> connect(Reactor& reactor, std::string_view endpoint,
                                          Args... args) {
  // The factory builds one protocol, so the one that comes back is that P.
  return connect(reactor, endpoint, factoryFor<P>(std::move(args)...))
      .addCallback([](Handle<Protocol> protocol) {
        return protocol ? handleOf(static_cast<P&>(*protocol)) : Handle<P>();
      });
}
template <class P, class... Args>
[[nodiscard]] Deferred<Handle<P>> connect(std::string_view endpoint, Args... args) {
  return connect<P>(reactor(), endpoint, std::move(args)...);
}

/// What a scheme can do; either may be empty. Exceptions become failures. The url lives until
/// the Deferred has fired.
struct EndpointScheme {
  AsyncFunction<Deferred<ListeningPort>(Reactor&, const EndpointUrl&, std::shared_ptr<Factory>)>
      listen;
  AsyncFunction<Deferred<Handle<Protocol>>(Reactor&, const EndpointUrl&, std::shared_ptr<Factory>)>
      connect;
};

/// Adds a scheme for all threads, or replaces it: before reactors run.
/// "tls" and "proxy+tcp" come this way.
void registerEndpointScheme(std::string name, EndpointScheme scheme);

/// The schemes that can be listened on (connected to), sorted.
[[nodiscard]] std::vector<std::string> listenSchemes();
[[nodiscard]] std::vector<std::string> connectSchemes();

}  // namespace ropewalk
