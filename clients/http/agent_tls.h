// AgentTLS: whom an Agent trusts with https, and what it shows of itself. TlsFacts: what came of
// it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ropewalk/ssl/certificate.h"
#include "ropewalk/ssl/context.h"

namespace ropewalk::http {

/// Certificates are verified unless it is said otherwise: that they are for the host that was asked
/// for, valid, and of a trusted authority.
struct AgentTLS {
  /// Authorities: a PEM file or a directory of them, *instead of* the system's. Empty: the
  /// system's. Whom it names is trusted: a root, an intermediate, or a server's own certificate.
  std::string trust{};
  bool verify = true;          ///< false: anybody may answer. For tests
  std::string certificate{};   ///< PEM: our own, with its chain, for servers that ask for one
  std::string key{};           ///< empty: in the certificate's file
  std::string password{};      ///< of an encrypted key
  std::string passwordFile{};  ///< … or a file with it in its first line
  /// Base64 of SHA-256 of a public key (ssl::CertificateInfo::pin): one certificate of the server's
  /// chain must have one of these, besides being valid.
  std::vector<std::string> pins{};
  std::vector<std::string> alpn{"http/1.1"};
  friend bool operator==(const AgentTLS&, const AgentTLS&) = default;
};

/// The context of these. Throws ssl::ContextError, which names the file at fault.
[[nodiscard]] ssl::Context contextOf(const AgentTLS& options);

/// What is known of the TLS of a response's connection.
struct TlsFacts {
  std::string version;             ///< "TLSv1.3"
  std::string cipher;              ///< "TLS_AES_128_GCM_SHA256"
  std::string negotiatedProtocol;  ///< "http/1.1", or "" where the server knows no ALPN
  bool resumed = false;            ///< an earlier session
  std::optional<ssl::CertificateInfo> certificate;  ///< the server's
};

}  // namespace ropewalk::http
