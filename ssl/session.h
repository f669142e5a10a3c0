// Session: what is known of a TLS connection: who is there, and what was agreed on.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "certificate.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/net/transport.h"

namespace ropewalk::ssl {

/// The TLS layer below a protocol. It belongs to the connection: ask for it again in each callback.
///
///     struct Greeter : Protocol {
///       void handshakeCompleted() override {
///         const ssl::Session* tls = ssl::sessionOf(transport());
///         if (const auto who = tls->peerCertificate()) transport().write(who->commonName + "\n");
///       }
///       void dataReceived(std::string_view) override {}
///     };
class Session {
 public:
  virtual ~Session() = default;

  /// False until the peer is verified; handshakeCompleted comes then.
  [[nodiscard]] virtual bool established() const noexcept = 0;
  /// Fires when it is; fails with a HandshakeError, or with what else ended the connection.
  [[nodiscard]] virtual Deferred<void> handshake() = 0;

  /// How long it took, from the connection below; zero before, and where there is no reactor.
  [[nodiscard]] virtual Duration handshakeTime() const noexcept = 0;

  /// "TLSv1.3"; "" before the handshake, as with all that follows.
  [[nodiscard]] virtual std::string_view version() const noexcept = 0;
  /// "TLS_AES_128_GCM_SHA256"
  [[nodiscard]] virtual std::string_view cipher() const noexcept = 0;
  /// By ALPN (RFC 7301): "h2", "http/1.1"; "" when none was agreed on.
  [[nodiscard]] virtual std::string_view negotiatedProtocol() const noexcept = 0;
  /// The name that the client asked for (SNI), lower case; "" when none.
  [[nodiscard]] virtual std::string_view serverName() const noexcept = 0;
  /// Whether an earlier session was resumed: no certificates were sent.
  [[nodiscard]] virtual bool resumed() const noexcept = 0;
  /// The peer's certificate, verified unless its side of the context says otherwise.
  [[nodiscard]] virtual std::optional<CertificateInfo> peerCertificate() const = 0;
  /// The peer's chain as it sent it, its own certificate first.
  [[nodiscard]] virtual std::vector<CertificateInfo> peerChain() const = 0;
  /// The same in PEM, for showing.
  [[nodiscard]] virtual std::string peerChainPEM() const = 0;
  /// Whether a client's certificate was verified. False for one that was only requested and is of
  /// an unknown authority.
  [[nodiscard]] virtual bool peerVerified() const noexcept = 0;
};

/// The innermost TLS layer below a transport, or null when it runs in the clear.
[[nodiscard]] Session* sessionOf(Transport& transport) noexcept;
[[nodiscard]] const Session* sessionOf(const Transport& transport) noexcept;

}  // namespace ropewalk::ssl
