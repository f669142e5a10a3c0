// Private keys out of PEM, and back. RFC 7468 §10, RFC 5958.
#pragma once

#include <string>

#include "openssl.h"

namespace ropewalk::crypto::detail {

/// The first private key of a text, or why there is none to be had.
struct PrivateKeyInPEM {
  KeyPtr key;                    ///< null where the text holds none, too
  std::string wrong;             ///< "key server.key cannot be read: …"; empty when nothing is
  bool passwordMissing = false;  ///< it is encrypted, and no password was given
};
/// @param name  what the messages call it: a file
[[nodiscard]] PrivateKeyInPEM privateKeyIn(const std::string& pem, const std::string& password,
                                           const std::string& name);
/// PKCS #8, not encrypted. Throws CryptoError.
[[nodiscard]] std::string toPEM(EVP_PKEY* key);

/// What a memory BIO holds.
[[nodiscard]] std::string textOf(BIO* memory);

}  // namespace ropewalk::crypto::detail
