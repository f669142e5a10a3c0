// What the tests of TLS share: a server and a client that speak it, over a real reactor or in
// memory.
#pragma once

#include "ropewalk/core/testing/loopback.h"
#include "ropewalk/ssl/ssl.h"
#include "tests/core/net/world.h"
#include "tests/ssl/pki.h"

namespace ropewalk {

inline ssl::Context serverContext(ssl::ServerOptions options = {}) {
  const ssl::CertificateFiles files = Pki::get().localhost();
  options.certificate = files.certificate;
  options.key = files.key;
  return ssl::Context::server(std::move(options));
}

inline ssl::Context clientContext(ssl::ClientOptions options = {}) {
  if (options.trust.empty()) options.trust = Pki::get().ca();
  return ssl::Context::client(std::move(options));
}

/// Both ends of a connection over TCP, each a Recorder with its Record.
struct TlsPair {
  explicit TlsPair(World& world, ssl::Context serverSide = serverContext(),
                   ssl::Context clientSide = clientContext(), std::string host = "localhost")
      : world(world),
        serverSide(std::move(serverSide)),
        clientSide(std::move(clientSide)),
        host(std::move(host)) {}

  void listen() {
    port.emplace(world.reactor.listenTCP(
        0,
        ssl::wrap(serverSide,
                  recorderFactory(server, [this](Recorder& each) { prepareServer(each); })),
        {.interface = "127.0.0.1"}));
  }
  /// Connects; afterwards both handshakes are done, or failed.
  bool connect() {
    if (!port) listen();
    auto factory = recorderFactory(client, [this](Recorder& each) { prepareClient(each); });
    outcome.emplace(
        world.reactor
            .connectTCP("127.0.0.1", port->port(),
                        ssl::wrapClient(clientSide, {host, "test"}, std::move(factory)))
            .addBoth([this](Result<Handle<Protocol>> result) -> Result<Handle<Protocol>> {
              settled = true;
              if (!result.ok()) why = result.failure();
              return Handle<Protocol>();
            }));
    return world.until([this] { return settled; });
  }
  [[nodiscard]] ssl::Session& clientSession() const {
    return *ssl::sessionOf(client.protocol->transport());
  }
  [[nodiscard]] ssl::Session& serverSession() const {
    return *ssl::sessionOf(server.protocol->transport());
  }

  World& world;
  ssl::Context serverSide;
  ssl::Context clientSide;
  std::string host;
  Record& server = world.record();
  Record& client = world.record();
  std::function<void(Recorder&)> prepareServer = [](Recorder&) {};
  std::function<void(Recorder&)> prepareClient = [](Recorder&) {};
  std::optional<ListeningPort> port;
  std::optional<Deferred<Handle<Protocol>>> outcome;
  std::optional<Failure> why;
  bool settled = false;
};

}  // namespace ropewalk
