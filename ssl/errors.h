// What goes wrong with TLS, as types.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "ropewalk/core/base/error.h"

namespace ropewalk::ssl {

/// Certificates, keys or options that cannot be used: thrown by Context::server and
/// Context::client. The message names the file, what is wrong with it, and what to do.
ROPEWALK_ERROR(ContextError, Error);
/// A key is encrypted, and no password was given.
ROPEWALK_ERROR(KeyPasswordMissing, ContextError);

/// Why a handshake failed, for counting.
enum class HandshakeFailure : std::uint8_t {
  timeout,             ///< it took longer than it may
  closed,              ///< the peer went away in the middle
  plaintext,           ///< an HTTP request in the clear
  notTLS,              ///< no TLS at all, or broken beyond reading
  version,             ///< no protocol version in common
  cipher,              ///< no cipher suite, group or signature algorithm in common
  protocol,            ///< no application protocol in common (ALPN)
  missingCertificate,  ///< the client has none, and must
  refusedCertificate,  ///< ours does not accept the peer's certificate; the text says why
  refusedByPeer,       ///< the peer sent an alert: it does not accept ours, say
  other,
};
inline constexpr std::size_t kHandshakeFailures =
    static_cast<std::size_t>(HandshakeFailure::other) + 1;

/// "timeout", "not TLS", …
[[nodiscard]] std::string_view toText(HandshakeFailure reason) noexcept;

/// TLS went wrong on a connection; connectionLost gets it.
ROPEWALK_ERROR(SSLError, ConnectionLost);
/// The end came without close_notify: data may be missing (RFC 8446 §6.1).
ROPEWALK_ERROR(TruncatedError, SSLError);

/// No connection came about: connecting fails with it, and connectionLost gets it.
class HandshakeError : public SSLError {
 public:
  HandshakeError(HandshakeFailure reason, std::string message)
      : SSLError(std::move(message)), reason_(reason) {}
  std::string_view kind() const noexcept override { return "HandshakeError"; }
  [[nodiscard]] HandshakeFailure reason() const noexcept { return reason_; }

 private:
  HandshakeFailure reason_;
};

/// The peer's certificate is not accepted; the message says why: "certificate expired 3 days ago
/// (CN=example.org)".
class CertificateError : public HandshakeError {
 public:
  explicit CertificateError(std::string message, bool unknownAuthority = false)
      : HandshakeError(HandshakeFailure::refusedCertificate, std::move(message)),
        unknownAuthority_(unknownAuthority) {}
  std::string_view kind() const noexcept override { return "CertificateError"; }
  /// Whether it is whoever signed it that is not trusted: who names that one accepts it.
  [[nodiscard]] bool unknownAuthority() const noexcept { return unknownAuthority_; }

 private:
  bool unknownAuthority_;
};

}  // namespace ropewalk::ssl
