// One OpenSSL context a direction, keyed once; each message sets its nonce. RFC 5116 §2.
#include "aead.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <limits>
#include <stdexcept>

#include "ropewalk/core/base/format.h"
#include "ropewalk/ssl/crypto/detail/algorithms.h"
#include "ropewalk/ssl/crypto/detail/error_queue.h"
#include "secret.h"

namespace ropewalk::crypto {

namespace {

using detail::bytesOf;
using detail::must;

constexpr int kSeal = 1;
constexpr int kOpen = 0;

detail::Cipher named(AeadCipher cipher) noexcept {
  switch (cipher) {
    case AeadCipher::aes128Gcm:
      return detail::Cipher::aes128Gcm;
    case AeadCipher::aes256Gcm:
      return detail::Cipher::aes256Gcm;
    case AeadCipher::chacha20Poly1305:
      break;
  }
  return detail::Cipher::chacha20Poly1305;
}

EVP_CIPHER_CTX* begun(AeadCipher cipher, std::string_view key, int direction) {
  EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
  if (EVP_CipherInit_ex2(context, detail::cipherOf(named(cipher)), bytesOf(key), nullptr, direction,
                         nullptr) != 1) {
    EVP_CIPHER_CTX_free(context);
    must(false, "begin a cipher");
  }
  return context;
}

void checkNonce(std::string_view nonce) {
  if (nonce.size() != Aead::kNonceSize)
    throw std::invalid_argument(
        format("a nonce of {} bytes; {} are wanted", nonce.size(), Aead::kNonceSize));
}

/// The nonce, the associated data and the text; the direction is the context's.
bool run(EVP_CIPHER_CTX* context, std::string_view nonce, std::span<char> text,
         std::string_view associated) {
  constexpr std::size_t kMost = std::numeric_limits<int>::max();  // OpenSSL counts in int
  if (text.size() > kMost || associated.size() > kMost)
    throw std::invalid_argument("a message for an AEAD is below 2 GiB");
  int size = 0;
  return EVP_CipherInit_ex2(context, nullptr, nullptr, bytesOf(nonce), -1, nullptr) == 1 &&
         (associated.empty() || EVP_CipherUpdate(context, nullptr, &size, bytesOf(associated),
                                                 static_cast<int>(associated.size())) == 1) &&
         (text.empty() ||
          EVP_CipherUpdate(context, bytesOf(text.data()), &size, bytesOf(text.data()),
                           static_cast<int>(text.size())) == 1);
}

Failure refused() {
  detail::clearErrors();
  return CryptoError("the message is not authentic: it was changed, or sealed with another key");
}

}  // namespace

void Aead::Free::operator()(evp_cipher_ctx_st* context) const noexcept {
  EVP_CIPHER_CTX_free(context);
}

std::size_t Aead::keySize(AeadCipher cipher) noexcept {
  return cipher == AeadCipher::aes128Gcm ? 16 : 32;
}

Aead::Aead(AeadCipher cipher, std::string_view key) {
  if (key.size() != keySize(cipher))
    throw std::invalid_argument(
        format("a key of {} bytes; {} are wanted", key.size(), keySize(cipher)));
  sealing_.reset(begun(cipher, key, kSeal));
  opening_.reset(begun(cipher, key, kOpen));
}

Aead::Tag Aead::sealInPlace(std::string_view nonce, std::span<char> text,
                            std::string_view associated) {
  checkNonce(nonce);
  Tag tag{};
  int size = 0;
  EVP_CIPHER_CTX* const context = sealing_.get();
  must(run(context, nonce, text, associated) &&
           EVP_CipherFinal_ex(context, bytesOf(tag.data()), &size) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTagSize, tag.data()) == 1,
       "seal a message");
  return tag;
}

Result<void> Aead::openInPlace(std::string_view nonce, std::span<char> text, std::string_view tag,
                               std::string_view associated) {
  checkNonce(nonce);
  if (tag.size() != kTagSize)
    throw std::invalid_argument(format("a tag of {} bytes; {} are wanted", tag.size(), kTagSize));
  Tag expected{};
  tag.copy(expected.data(), kTagSize);
  Tag none{};
  int size = 0;
  EVP_CIPHER_CTX* const context = opening_.get();
  const bool authentic =
      run(context, nonce, text, associated) &&
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kTagSize, expected.data()) == 1 &&
      EVP_CipherFinal_ex(context, bytesOf(none.data()), &size) == 1;
  if (authentic) return {};
  OPENSSL_cleanse(text.data(), text.size());
  return refused();
}

std::string Aead::seal(std::string_view nonce, std::string_view plaintext,
                       std::string_view associated) {
  std::string out;
  out.reserve(plaintext.size() + kTagSize);
  out.append(plaintext);
  const Tag tag = sealInPlace(nonce, out, associated);
  out.append(tag.data(), tag.size());
  return out;
}

Result<std::string> Aead::open(std::string_view nonce, std::string_view sealed,
                               std::string_view associated) {
  if (sealed.size() < kTagSize) return refused();
  const std::string_view tag = sealed.substr(sealed.size() - kTagSize);
  std::string text(sealed.substr(0, sealed.size() - kTagSize));
  if (auto opened = openInPlace(nonce, text, tag, associated); !opened) return opened.failure();
  return text;
}

}  // namespace ropewalk::crypto
