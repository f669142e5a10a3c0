// Verification of the peer's certificate: the rules, and the words. RFC 5280, RFC 9525, RFC 6960.
#pragma once

#include <string>
#include <vector>

#include "material.h"
#include "openssl.h"
#include "ropewalk/ssl/context.h"

namespace ropewalk::ssl::detail {

/// Has clients' certificates checked as the options say.
void verifyClients(SSL_CTX* context, const ServerOptions& options, const Material& material);
/// Has servers' certificates checked: chain, dates, pins, and a staple that says revoked.
void verifyServers(SSL_CTX* context, const ClientOptions& options, const Material& material);
/// For one connection: the name that the certificate must be for, and SNI. Throws HandshakeError
/// for what no certificate can be for.
void expectHost(SSL* ssl, const std::string& host, bool verify);

}  // namespace ropewalk::ssl::detail
