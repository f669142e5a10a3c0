// One EVP context that counts on from call to call, and Poly1305 by EVP_MAC.
#include "stream_cipher.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "ropewalk/core/base/format.h"
#include "ropewalk/ssl/crypto/detail/algorithms.h"

namespace ropewalk::crypto {

namespace {

using detail::bytesOf;
using detail::Cipher;
using detail::must;

struct Kind {
  Cipher cipher;
  std::size_t keySize;
};

Kind kindOf(Stream stream) noexcept {
  constexpr std::array<Kind, 4> kKinds{Kind{Cipher::aes128Ctr, 16}, Kind{Cipher::aes192Ctr, 24},
                                       Kind{Cipher::aes256Ctr, 32}, Kind{Cipher::chacha20, 32}};
  return kKinds[static_cast<std::size_t>(stream)];
}

void checkSize(std::string_view what, std::size_t size, std::size_t wanted) {
  if (size != wanted)
    throw std::invalid_argument(format("a {} of {} bytes; {} are wanted", what, size, wanted));
}

struct FreeMac {
  void operator()(EVP_MAC_CTX* context) const noexcept { EVP_MAC_CTX_free(context); }
};

}  // namespace

void StreamCipher::Free::operator()(evp_cipher_ctx_st* context) const noexcept {
  EVP_CIPHER_CTX_free(context);
}

StreamCipher::StreamCipher(Stream cipher, std::string_view key, std::string_view counter)
    : context_(EVP_CIPHER_CTX_new()) {
  const Kind kind = kindOf(cipher);
  checkSize("key", key.size(), kind.keySize);
  checkSize("counter", counter.size(), kCounterSize);
  must(EVP_EncryptInit_ex2(context_.get(), detail::cipherOf(kind.cipher), bytesOf(key),
                           bytesOf(counter), nullptr) == 1,
       "begin a cipher");
}

void StreamCipher::apply(std::span<char> text) {
  constexpr std::size_t kMost = std::size_t{1} << 30;  // OpenSSL counts in int
  while (!text.empty()) {
    const std::span<char> some = text.first(std::min(kMost, text.size()));
    int size = 0;
    must(EVP_EncryptUpdate(context_.get(), bytesOf(some.data()), &size, bytesOf(some.data()),
                           static_cast<int>(some.size())) == 1,
         "encrypt");
    text = text.subspan(some.size());
  }
}

std::string StreamCipher::applied(std::string_view text) {
  std::string out(text);
  apply(out);
  return out;
}

void StreamCipher::restart(std::string_view counter) {
  checkSize("counter", counter.size(), kCounterSize);
  must(EVP_EncryptInit_ex2(context_.get(), nullptr, nullptr, bytesOf(counter), nullptr) == 1,
       "restart a cipher");
}

std::string poly1305(std::string_view key, std::string_view data) {
  checkSize("key", key.size(), 32);
  constexpr std::size_t kTag = 16;
  const std::unique_ptr<EVP_MAC_CTX, FreeMac> context(
      EVP_MAC_CTX_new(detail::macOf(detail::Mac::poly1305)));
  std::string out(kTag, '\0');
  std::size_t size = 0;
  must(EVP_MAC_init(context.get(), bytesOf(key), key.size(), nullptr) == 1 &&
           EVP_MAC_update(context.get(), bytesOf(data), data.size()) == 1 &&
           EVP_MAC_final(context.get(), bytesOf(out.data()), &size, out.size()) == 1,
       "make a Poly1305 tag");
  return out;
}

}  // namespace ropewalk::crypto
