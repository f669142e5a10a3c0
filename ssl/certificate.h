// CertificateInfo: what a certificate says, as plain values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ropewalk::ssl {

/// A certificate, read. A value; no OpenSSL behind it.
struct CertificateInfo {
  std::string subject;             ///< "CN=example.org,O=Example" (RFC 2253), UTF-8
  std::string commonName;          ///< the last CN of the subject, or ""
  std::string issuer;              ///< as subject
  std::string serial;              ///< hexadecimal, upper case
  std::vector<std::string> names;  ///< subjectAltName: DNS names, IP literals
  std::int64_t notBefore = 0;      ///< seconds since 1970, UTC
  std::int64_t notAfter = 0;
  std::string key;          ///< "EC P-256", "RSA 2048", "Ed25519"
  std::string fingerprint;  ///< SHA-256 of the certificate, lower-case hexadecimal
  std::string pin;          ///< SHA-256 of its public key (SPKI), base64: AgentTLS::pins
};

}  // namespace ropewalk::ssl
