// TLS for any stream: factories wrapped in it, ports and connections that speak it, STARTTLS.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "context.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/net/listening_port.h"
#include "ropewalk/core/net/protocol.h"
#include "ropewalk/core/net/reactor.h"
#include "session.h"

namespace ropewalk::ssl {

/// A factory whose protocols speak TLS as servers: for any stream, TLS included.
///
/// A protocol sees connectionMade when the connection below is made; what it writes waits for the
/// handshake. handshakeCompleted follows; a handshake that fails is told to connectionLost
/// . Its transport is the TLS layer: getPeer and getHost are those of the wire.
///
///     auto context = ssl::Context::server({.certificate = "cert.pem", .key = "key.pem"});
///     reactor.listenTCP(6697, ssl::wrap(context, factory));
[[nodiscard]] std::shared_ptr<Factory> wrap(Context context, std::shared_ptr<Factory> factory);

/// Whom a client means to talk to.
struct ServerIdentity {
  /// The name or IP literal that the certificate must be for (RFC 9525); a name is sent as SNI. The
  /// final dot of an absolute name means nothing here.
  std::string host;
  /// Sessions are resumed only for the same host and this: the port, say.
  std::string session{};
};

/// The same as a client. A connect… call that is given it fires after the handshake (E-04), with the
/// protocol inside, or fails with a HandshakeError.
[[nodiscard]] std::shared_ptr<Factory> wrapClient(Context context, ServerIdentity server,
                                                  std::shared_ptr<Factory> factory);

/// Reactor::listenTCP, with TLS. Throws CannotListenError.
ListeningPort listenSSL(Reactor& reactor, std::uint16_t port, std::shared_ptr<Factory> factory,
                        const Context& context, ListenOptions options = ListenOptions());

/// Reactor::connectTCP, with TLS; fires after the handshake (E-04), with the protocol that the
/// factory made. Fails with a HandshakeError when that fails.
[[nodiscard]] Deferred<Handle<Protocol>> connectSSL(Reactor& reactor, std::string host,
                                                    std::uint16_t port,
                                                    std::shared_ptr<Factory> factory,
                                                    const Context& context,
                                                    ConnectOptions options = ConnectOptions());

/// From now on this connection speaks TLS: STARTTLS. What was written before leaves in the clear.
/// Base classes (LineReceiver, Stream …) throw away what came in the clear behind the command:
/// nobody may slip commands in before the handshake. handshakeCompleted follows.
///
///     struct Mail : LineOnlyReceiver {
///       explicit Mail(ssl::Context context) : context_(std::move(context)) {}
///       void lineReceived(std::string_view line) override {
///         if (line != "STARTTLS") return sendLine("502 STARTTLS first");
///         sendLine("220 go ahead");
///         ssl::startTLS(transport(), context_);
///       }
///
///       ssl::Context context_;
///     };
///
/// Throws std::logic_error on a transport that cannot be put under another (StringTransport).
/// @param transport  what the protocol has; afterwards its transport() is the TLS layer
void startTLS(Transport& transport, const Context& context);
/// The same as a client.
void startTLS(Transport& transport, const Context& context, const ServerIdentity& server);

}  // namespace ropewalk::ssl
