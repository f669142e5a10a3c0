// EVP_MD and EVP_MAC contexts, on algorithms fetched once (detail/algorithms.h).
#include "digest.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>

#include "ropewalk/ssl/crypto/detail/algorithms.h"

namespace ropewalk::crypto {

namespace {

using detail::bytesOf;
using detail::digestOf;
using detail::must;

std::array<OSSL_PARAM, 2> hmacOf(Hash hash) {
  // OSSL_PARAM has no const; the name is only read.
  char* const name = const_cast<char*>(detail::digestName(hash));  // NOLINT(*-const-cast)
  return {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
          OSSL_PARAM_construct_end()};
}

}  // namespace

std::size_t digestSize(Hash hash) noexcept {
  constexpr std::array<std::size_t, 6> kSizes{16, 20, 32, 48, 64, 28};
  return kSizes[static_cast<std::size_t>(hash)];
}

std::string digest(Hash hash, std::string_view data) {
  std::string out(digestSize(hash), '\0');
  must(EVP_Digest(data.data(), data.size(), bytesOf(out.data()), nullptr, digestOf(hash),
                  nullptr) == 1,
       "make a digest");
  return out;
}

std::string hmac(Hash hash, std::string_view key, std::string_view data) {
  return Hmac(hash, key).update(data).finish();
}

void Digest::Free::operator()(evp_md_ctx_st* context) const noexcept { EVP_MD_CTX_free(context); }

Digest::Digest(Hash hash) : hash_(hash), context_(EVP_MD_CTX_new()) {
  must(EVP_DigestInit_ex2(context_.get(), digestOf(hash), nullptr) == 1, "begin a digest");
}

Digest::Digest(const Digest& other) : hash_(other.hash_), context_(EVP_MD_CTX_new()) {
  must(EVP_MD_CTX_copy_ex(context_.get(), other.context_.get()) == 1, "copy a digest");
}

Digest& Digest::operator=(const Digest& other) {
  if (this != &other) *this = Digest(other);
  return *this;
}

Digest& Digest::update(std::string_view data) {
  must(EVP_DigestUpdate(context_.get(), data.data(), data.size()) == 1, "go on with a digest");
  return *this;
}

std::string Digest::finish() {
  std::string out(digestSize(hash_), '\0');
  must(EVP_DigestFinal_ex(context_.get(), bytesOf(out.data()), nullptr) == 1 &&
           EVP_DigestInit_ex2(context_.get(), nullptr, nullptr) == 1,
       "finish a digest");
  return out;
}

void Hmac::Free::operator()(evp_mac_ctx_st* context) const noexcept { EVP_MAC_CTX_free(context); }

Hmac::Hmac(Hash hash, std::string_view key)
    : hash_(hash), context_(EVP_MAC_CTX_new(detail::macOf(detail::Mac::hmac))) {
  if (key.data() == nullptr) key = "";  // null would mean: the key of before
  const auto parameters = hmacOf(hash);
  must(EVP_MAC_init(context_.get(), bytesOf(key), key.size(), parameters.data()) == 1,
       "begin an HMAC");
}

Hmac& Hmac::update(std::string_view data) {
  must(EVP_MAC_update(context_.get(), bytesOf(data), data.size()) == 1, "go on with an HMAC");
  return *this;
}

std::string Hmac::finish() {
  std::string out(digestSize(hash_), '\0');
  std::size_t size = 0;
  must(EVP_MAC_final(context_.get(), bytesOf(out.data()), &size, out.size()) == 1 &&
           EVP_MAC_init(context_.get(), nullptr, 0, nullptr) == 1,
       "finish an HMAC");
  return out;
}

}  // namespace ropewalk::crypto
