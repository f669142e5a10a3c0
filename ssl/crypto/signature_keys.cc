// The keys of signature.h: made, read and written.
#include <openssl/core_names.h>
#include <openssl/obj_mac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <optional>
#include <stdexcept>

#include "ropewalk/core/base/format.h"
#include "ropewalk/ssl/crypto/detail/algorithms.h"
#include "ropewalk/ssl/crypto/detail/error_queue.h"
#include "ropewalk/ssl/crypto/detail/key_pem.h"
#include "ropewalk/ssl/crypto/detail/raw_keys.h"
#include "secret.h"
#include "signature.h"

namespace ropewalk::crypto {

namespace {

using detail::BioPtr;
using detail::KeyPtr;
using detail::must;

constexpr int kFewestRsaBits = 1024;  // DKIM still has them (RFC 8301 §3.2); nobody needs less

int curveOf(KeyKind kind) noexcept {
  switch (kind) {
    case KeyKind::p256:
      return NID_X9_62_prime256v1;
    case KeyKind::p384:
      return NID_secp384r1;
    case KeyKind::p521:
      return NID_secp521r1;
    case KeyKind::ed25519:
    case KeyKind::rsa:
      break;
  }
  return NID_undef;
}

std::optional<KeyKind> ecKindOf(EVP_PKEY* key) {
  std::array<char, 64> name{};
  if (EVP_PKEY_get_group_name(key, name.data(), name.size(), nullptr) != 1) return std::nullopt;
  const int curve = OBJ_txt2nid(name.data());
  for (const KeyKind kind : {KeyKind::p256, KeyKind::p384, KeyKind::p521}) {
    if (curveOf(kind) == curve) return kind;
  }
  return std::nullopt;
}

std::optional<KeyKind> kindOf(EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return KeyKind::ed25519;
  if (EVP_PKEY_is_a(key, "EC") == 1) return ecKindOf(key);
  if (EVP_PKEY_is_a(key, "RSA") == 1 && EVP_PKEY_get_bits(key) >= kFewestRsaBits)
    return KeyKind::rsa;
  return std::nullopt;
}

Failure noKey(std::string_view what) {
  detail::clearErrors();
  return CryptoError(format("no key that is supported: {}", what));
}

void mustBe(bool fits, std::string_view what) {
  if (!fits) throw std::logic_error(std::string(what));
}

KeyPtr fresh(KeyKind kind, unsigned rsaBits) {
  if (kind == KeyKind::ed25519) return KeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (kind == KeyKind::rsa) return KeyPtr(EVP_RSA_gen(rsaBits));
  return KeyPtr(EVP_EC_gen(std::string(toText(kind)).c_str()));
}

}  // namespace

std::string_view toText(KeyKind kind) noexcept {
  constexpr std::array<std::string_view, 5> kNames{"Ed25519", "P-256", "P-384", "P-521", "RSA"};
  return kNames[static_cast<std::size_t>(kind)];
}

Result<PublicKey> PublicKey::fromPEM(std::string_view pem) {
  const BioPtr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  KeyPtr key(in ? PEM_read_bio_PUBKEY(in.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!key) return noKey("a public key in PEM begins with -----BEGIN PUBLIC KEY-----");
  const auto kind = kindOf(key.get());
  if (!kind) return noKey("it must be RSA of 1024 bits or more, P-256, P-384, P-521 or Ed25519");
  return PublicKey(*kind, std::move(key));
}

Result<PublicKey> PublicKey::fromRaw(KeyKind kind, std::string_view bytes) {
  mustBe(kind != KeyKind::rsa, "an RSA key is two numbers: use fromRSA");
  KeyPtr key = kind == KeyKind::ed25519 ? detail::edwardsPublic(EVP_PKEY_ED25519, bytes)
                                        : detail::ecPublic(curveOf(kind), bytes);
  if (!key) return noKey(format("{} bytes are no public key of {}", bytes.size(), toText(kind)));
  return PublicKey(kind, std::move(key));
}

Result<PublicKey> PublicKey::fromRSA(const RsaNumbers& numbers) {
  KeyPtr key = detail::rsaPublic(numbers.modulus, numbers.exponent);
  if (!key || !kindOf(key.get())) return noKey("an RSA modulus has 1024 bits or more");
  return PublicKey(KeyKind::rsa, std::move(key));
}

std::string PublicKey::toPEM() const {
  const BioPtr out(BIO_new(BIO_s_mem()));
  must(PEM_write_bio_PUBKEY(out.get(), key_.get()) == 1, "write a public key");
  return detail::textOf(out.get());
}

std::string PublicKey::raw() const {
  mustBe(kind_ != KeyKind::rsa, "an RSA key has no raw form: use rsa()");
  return detail::publicBytes(key_.get());
}

RsaNumbers PublicKey::rsa() const {
  mustBe(kind_ == KeyKind::rsa, "the key is not RSA: use raw()");
  return {detail::numberOf(key_.get(), OSSL_PKEY_PARAM_RSA_N),
          detail::numberOf(key_.get(), OSSL_PKEY_PARAM_RSA_E)};
}

PrivateKey PrivateKey::generate(KeyKind kind, unsigned rsaBits) {
  if (kind == KeyKind::rsa && rsaBits < kFewestRsaBits)
    throw std::invalid_argument("an RSA key has 1024 bits or more");
  KeyPtr key = fresh(kind, rsaBits);
  must(key != nullptr, "make a key");
  return {kind, std::move(key)};
}

Result<PrivateKey> PrivateKey::fromPEM(std::string_view pem, std::string_view password) {
  auto found = detail::privateKeyIn(std::string(pem), std::string(password), "in PEM");
  if (!found.wrong.empty()) return Failure(CryptoError(std::move(found.wrong)));
  if (!found.key) return noKey("a private key in PEM has a line -----BEGIN PRIVATE KEY-----");
  const auto kind = kindOf(found.key.get());
  if (!kind) return noKey("it must be RSA of 1024 bits or more, P-256, P-384, P-521 or Ed25519");
  return PrivateKey(*kind, std::move(found.key));
}

Result<PrivateKey> PrivateKey::fromRaw(KeyKind kind, std::string_view bytes) {
  mustBe(kind != KeyKind::rsa, "an RSA key has no raw form: use fromPEM");
  KeyPtr key = kind == KeyKind::ed25519 ? detail::edwardsPrivate(EVP_PKEY_ED25519, bytes)
                                        : detail::ecPrivate(curveOf(kind), bytes);
  if (!key) return noKey(format("{} bytes are no private key of {}", bytes.size(), toText(kind)));
  return PrivateKey(kind, std::move(key));
}

std::string PrivateKey::toPEM() const { return detail::toPEM(key_.get()); }

std::string PrivateKey::raw() const {
  mustBe(kind_ != KeyKind::rsa, "an RSA key has no raw form: use toPEM()");
  return detail::privateBytes(key_.get());
}

}  // namespace ropewalk::crypto
