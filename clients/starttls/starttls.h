// STARTTLS from the client's side, in front of any factory: the dialogue in the clear, then TLS,
// then the protocol.
#pragma once

#include <memory>
#include <string>

#include "ropewalk/clients/prelude/prelude.h"
#include "ropewalk/core/base/error.h"
#include "ropewalk/protocols/starttls/dialogue.h"
#include "ropewalk/ssl/tls.h"

namespace ropewalk {

/// The server does not begin TLS, and why.
ROPEWALK_ERROR(StartTlsRefused, ConnectError);

/// A factory for connections to a server that speaks in the clear first. It is asked for TLS; once
/// the handshake is done what the inner factory makes has the connection, and the connect… call fires
/// with it; or fails with StartTlsRefused, ssl::HandshakeError. Nothing goes on in the clear.
///
///     auto connecting = connect(
///         reactor, "mail.example:25",
///         startTlsFirst(StartTlsDialogue(smtpStartTls()), context, {"mail.example"}, factory));
///
/// The server has forgotten what was said before: the inner protocol says EHLO, CAPABILITY … again.
/// @param dialogue  a fresh one: each connection gets a copy
[[nodiscard]] std::shared_ptr<Factory> startTlsFirst(StartTlsDialogue dialogue,
                                                     ssl::Context context,
                                                     ssl::ServerIdentity server,
                                                     std::shared_ptr<Factory> inner);

}  // namespace ropewalk
