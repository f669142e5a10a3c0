// KeyPair: a certificate, its key and its chain, loaded and checked.
#pragma once

#include <string>
#include <vector>

#include "openssl.h"
#include "ropewalk/ssl/context.h"

namespace ropewalk::ssl::detail {

struct KeyPair {
  X509Ptr certificate;
  KeyPtr key;
  std::vector<X509Ptr> chain;      ///< the certificate's issuer first, roots left out
  std::string file;                ///< of the certificate
  std::vector<std::string> names;  ///< that it is for: of its subjectAltName
};

/// Loads and checks. Throws ContextError.
[[nodiscard]] KeyPair loadKeyPair(const CertificateFiles& files);
/// Every key below the directory, with its certificate and chain. Throws ContextError: also when
/// there is none, or one key has no certificate.
/// @param password  of the keys that are encrypted
[[nodiscard]] std::vector<KeyPair> loadKeyPairs(const std::string& directory,
                                                const std::string& password);

}  // namespace ropewalk::ssl::detail
