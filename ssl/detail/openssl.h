// OpenSSL's objects as owners: certificates, contexts, connections. Private to ssl/.
#pragma once

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>

#include "ropewalk/ssl/crypto/detail/openssl.h"

namespace ropewalk::ssl::detail {

using crypto::detail::BioPtr;
using crypto::detail::FreeWith;
using crypto::detail::KeyPtr;

inline void freeStack(STACK_OF(X509) * stack) { sk_X509_free(stack); }
inline void freeNames(GENERAL_NAMES* names) { GENERAL_NAMES_free(names); }

using X509Ptr = std::unique_ptr<X509, FreeWith<X509_free>>;
using StorePtr = std::unique_ptr<X509_STORE, FreeWith<X509_STORE_free>>;
using SslContextPtr = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, FreeWith<SSL_free>>;
using SessionPtr = std::unique_ptr<SSL_SESSION, FreeWith<SSL_SESSION_free>>;
/// A stack that does not own what is in it.
using X509StackPtr = std::unique_ptr<STACK_OF(X509), FreeWith<freeStack>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, FreeWith<freeNames>>;

inline X509Ptr share(X509* certificate) {
  X509_up_ref(certificate);
  return X509Ptr(certificate);
}

}  // namespace ropewalk::ssl::detail
