// Making keys and certificates: for development, and for tests.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "openssl.h"

namespace ropewalk::ssl::detail {

/// What a certificate is to say. It is an authority's when it has no names.
struct Issue {
  std::string commonName;
  std::vector<std::string> names;  ///< DNS names and IP literals
  std::chrono::hours from{-1};     ///< from now
  std::chrono::hours until{24 * 90};
};

/// ECDSA on P-256. Throws ContextError.
[[nodiscard]] KeyPtr makeKey();
/// @param issuer     null: it signs itself
/// @param issuerKey  the issuer's, or the key itself
[[nodiscard]] X509Ptr issue(const Issue& what, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuerKey);

}  // namespace ropewalk::ssl::detail
