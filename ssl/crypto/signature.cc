// Signing and checking, and ECDSA between DER and two numbers in a row. RFC 8017 §8, RFC 8032,
// FIPS 186-5 §6.
#include "signature.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "ropewalk/core/base/format.h"
#include "ropewalk/ssl/crypto/detail/algorithms.h"
#include "ropewalk/ssl/crypto/detail/error_queue.h"
#include "ropewalk/ssl/crypto/detail/openssl.h"
#include "secret.h"

namespace ropewalk::crypto {

namespace {

using detail::bytesOf;
using detail::FreeWith;
using detail::must;
using Context = std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>>;
using Numbers = std::unique_ptr<ECDSA_SIG, FreeWith<ECDSA_SIG_free>>;

/// Null for Ed25519, which has a hash of its own.
const char* hashFor(KeyKind kind, Hash hash) noexcept {
  return kind == KeyKind::ed25519 ? nullptr : detail::digestName(hash);
}

bool setPadding(EVP_PKEY_CTX* context, KeyKind kind, RsaPadding padding) {
  if (kind != KeyKind::rsa || padding == RsaPadding::pkcs1) return true;
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

/// How many bytes each of the two numbers has.
std::size_t numberSize(KeyKind kind) noexcept {
  switch (kind) {
    case KeyKind::p256:
      return 32;
    case KeyKind::p384:
      return 48;
    case KeyKind::p521:
      return 66;
    case KeyKind::ed25519:
    case KeyKind::rsa:
      break;
  }
  return 0;
}

Failure noSignature(KeyKind kind) {
  detail::clearErrors();
  return CryptoError(format("the bytes are no ECDSA signature of {}", toText(kind)));
}

}  // namespace

Result<void> PublicKey::verify(std::string_view message, std::string_view signature,
                               Signing how) const {
  const Context context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;
  must(EVP_DigestVerifyInit_ex(context.get(), &parameters, hashFor(kind_, how.hash), nullptr,
                               nullptr, key_.get(), nullptr) == 1 &&
           setPadding(parameters, kind_, how.padding),
       "check a signature");
  if (EVP_DigestVerify(context.get(), bytesOf(signature), signature.size(), bytesOf(message),
                       message.size()) == 1)
    return {};
  detail::clearErrors();
  return Failure(CryptoError("the signature is not by this key, or not of this message"));
}

std::string PrivateKey::sign(std::string_view message, Signing how) const {
  const Context context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;
  std::size_t size = 0;
  must(EVP_DigestSignInit_ex(context.get(), &parameters, hashFor(kind_, how.hash), nullptr, nullptr,
                             key_.get(), nullptr) == 1 &&
           setPadding(parameters, kind_, how.padding) &&
           EVP_DigestSign(context.get(), nullptr, &size, bytesOf(message), message.size()) == 1,
       "sign");
  std::string out(size, '\0');
  must(EVP_DigestSign(context.get(), bytesOf(out.data()), &size, bytesOf(message),
                      message.size()) == 1,
       "sign");
  out.resize(size);  // a DER number may be shorter than the longest
  return out;
}

Result<std::string> ecdsaToDER(KeyKind kind, std::string_view fixed) {
  const std::size_t size = numberSize(kind);
  if (size == 0 || fixed.size() != 2 * size) return noSignature(kind);
  const auto number = [&](std::size_t at) {
    return BN_bin2bn(bytesOf(fixed.substr(at)), static_cast<int>(size), nullptr);
  };
  const Numbers numbers(ECDSA_SIG_new());
  ECDSA_SIG_set0(numbers.get(), number(0), number(size));
  unsigned char* bytes = nullptr;
  const int length = i2d_ECDSA_SIG(numbers.get(), &bytes);
  must(length > 0, "encode a signature");
  std::string out(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
  OPENSSL_free(bytes);
  return out;
}

Result<std::string> ecdsaFromDER(KeyKind kind, std::string_view der) {
  const std::size_t size = numberSize(kind);
  const unsigned char* at = bytesOf(der);
  const Numbers numbers(size == 0 ? nullptr
                                  : d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  if (!numbers || at != bytesOf(der) + der.size()) return noSignature(kind);
  std::string out(2 * size, '\0');
  unsigned char* const to = bytesOf(out.data());
  const int most = static_cast<int>(size);
  if (BN_is_negative(ECDSA_SIG_get0_r(numbers.get())) != 0 ||
      BN_is_negative(ECDSA_SIG_get0_s(numbers.get())) != 0 ||
      BN_bn2binpad(ECDSA_SIG_get0_r(numbers.get()), to, most) != most ||
      BN_bn2binpad(ECDSA_SIG_get0_s(numbers.get()), to + size, most) != most)
    return noSignature(kind);
  return out;
}

}  // namespace ropewalk::crypto
