// OpenSSL's algorithms, fetched once a process: EVP_MD_fetch takes microseconds, a short digest
// half of one.
#pragma once

#include <openssl/evp.h>

#include <string_view>

#include "ropewalk/ssl/crypto/digest.h"

namespace ropewalk::crypto::detail {

/// Any thread. Throws CryptoError when OpenSSL does not have it.
[[nodiscard]] const EVP_MD* digestOf(Hash hash);
/// "SHA2-256"
[[nodiscard]] const char* digestName(Hash hash) noexcept;

/// What the ciphers of crypto.h are called here.
enum class Cipher : std::uint8_t {
  aes128Gcm,
  aes256Gcm,
  chacha20Poly1305,
  aes128Ctr,
  aes192Ctr,
  aes256Ctr,
  chacha20,
};
[[nodiscard]] const EVP_CIPHER* cipherOf(Cipher cipher);

enum class Mac : std::uint8_t { hmac, poly1305 };
[[nodiscard]] EVP_MAC* macOf(Mac mac);

/// Throws CryptoError, with what OpenSSL says, unless `done`.
void must(bool done, std::string_view action);

inline const unsigned char* bytesOf(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}
inline unsigned char* bytesOf(char* text) noexcept {
  return reinterpret_cast<unsigned char*>(text);
}

}  // namespace ropewalk::crypto::detail
