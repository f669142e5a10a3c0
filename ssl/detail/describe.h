// Certificates and keys in words.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "openssl.h"
#include "ropewalk/ssl/certificate.h"

namespace ropewalk::ssl::detail {

[[nodiscard]] CertificateInfo describe(X509* certificate);
/// "CN=example.org", or the whole subject when it has no CN.
[[nodiscard]] std::string shortName(X509* certificate);
[[nodiscard]] std::string subjectOf(X509* certificate);
[[nodiscard]] std::string issuerOf(X509* certificate);
/// DNS names (lower case) and IP literals of its subjectAltName.
[[nodiscard]] std::vector<std::string> namesOf(X509* certificate);
/// "RSA 2048", "EC P-256", "Ed25519"
[[nodiscard]] std::string keyText(EVP_PKEY* key);
/// "RSA", "EC", "Ed25519"
[[nodiscard]] std::string keyKind(EVP_PKEY* key);
/// Base64 of SHA-256 of its SubjectPublicKeyInfo (RFC 7469 §2.4).
[[nodiscard]] std::string pinOf(X509* certificate);
/// Seconds since 1970.
[[nodiscard]] std::int64_t secondsOf(const ASN1_TIME* time);
/// "3 days ago", "in 2 hours", by the system's clock.
[[nodiscard]] std::string relativeTime(std::int64_t seconds);
/// "certificate expired 3 days ago (CN=…)"; empty when it is valid now.
[[nodiscard]] std::string validityError(X509* certificate);
[[nodiscard]] std::string toPEM(X509* certificate);

}  // namespace ropewalk::ssl::detail
