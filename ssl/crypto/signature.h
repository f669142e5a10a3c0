// Signatures, and the keys that make and check them. RFC 8017 §8, RFC 8032, FIPS 186-5 §6.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "digest.h"
#include "ropewalk/core/base/result.h"

struct evp_pkey_st;

namespace ropewalk::crypto {

enum class KeyKind : std::uint8_t { ed25519, p256, p384, p521, rsa };
/// "Ed25519", "P-256", …
[[nodiscard]] std::string_view toText(KeyKind kind) noexcept;

/// How a message becomes a number. The salt of PSS is as long as the digest.
enum class RsaPadding : std::uint8_t { pkcs1, pss };

/// What protocols leave open about a signature. Ed25519 asks for none of it.
struct Signing {
  Hash hash = Hash::sha256;
  RsaPadding padding = RsaPadding::pkcs1;
};

/// Both big-endian, without leading zeros.
struct RsaNumbers {
  std::string modulus;
  std::string exponent;
};

/// A key to check with. A copy shares it; any thread.
class PublicKey {
 public:
  /// "-----BEGIN PUBLIC KEY-----". What is no key gives a CryptoError, here and below; so does RSA
  /// below 1024 bits.
  [[nodiscard]] static Result<PublicKey> fromPEM(std::string_view pem);
  /// @param bytes  Ed25519: 32; P curves: an uncompressed point. RSA has fromRSA.
  [[nodiscard]] static Result<PublicKey> fromRaw(KeyKind kind, std::string_view bytes);
  /// From its two numbers.
  [[nodiscard]] static Result<PublicKey> fromRSA(const RsaNumbers& numbers);

  [[nodiscard]] KeyKind kind() const noexcept { return kind_; }
  /// As fromPEM takes it.
  [[nodiscard]] std::string toPEM() const;
  /// As fromRaw takes it. Throws std::logic_error for RSA.
  [[nodiscard]] std::string raw() const;
  /// Throws std::logic_error for others than RSA.
  [[nodiscard]] RsaNumbers rsa() const;

  /// Good, or a CryptoError. ECDSA signatures are in DER (ecdsaToDER).
  Result<void> verify(std::string_view message, std::string_view signature,
                      Signing how = Signing()) const;

  /// For the parts of ssl/ only.
  PublicKey(KeyKind kind, std::shared_ptr<evp_pkey_st> key) : kind_(kind), key_(std::move(key)) {}

 private:
  KeyKind kind_;
  std::shared_ptr<evp_pkey_st> key_;
};

/// A key to sign with. A copy shares it; any thread.
///
///     const PrivateKey key = PrivateKey::generate(KeyKind::ed25519);
///     const std::string signature = key.sign("text");
///     const bool good = key.publicKey().verify("text", signature).ok();
class PrivateKey {
 public:
  /// @param rsaBits  2048 takes tenths of a second, 4096 some seconds
  [[nodiscard]] static PrivateKey generate(KeyKind kind, unsigned rsaBits = 3072);
  /// PKCS #8, "RSA PRIVATE KEY", "EC PRIVATE KEY"; encrypted ones with their password.
  [[nodiscard]] static Result<PrivateKey> fromPEM(std::string_view pem,
                                                  std::string_view password = {});
  /// @param bytes  Ed25519: the seed of 32; P curves: the scalar, 32, 48 or 66. Not RSA.
  [[nodiscard]] static Result<PrivateKey> fromRaw(KeyKind kind, std::string_view bytes);

  [[nodiscard]] KeyKind kind() const noexcept { return kind_; }
  [[nodiscard]] PublicKey publicKey() const { return {kind_, key_}; }
  /// PKCS #8, not encrypted.
  [[nodiscard]] std::string toPEM() const;
  /// As fromRaw takes it. Throws std::logic_error for RSA.
  [[nodiscard]] std::string raw() const;

  /// @return 64 bytes for Ed25519; DER for P curves (ecdsaFromDER); for RSA as many as the modulus
  [[nodiscard]] std::string sign(std::string_view message, Signing how = Signing()) const;

 private:
  PrivateKey(KeyKind kind, std::shared_ptr<evp_pkey_st> key) : kind_(kind), key_(std::move(key)) {}

  KeyKind kind_;
  std::shared_ptr<evp_pkey_st> key_;
};

/// An ECDSA signature as X.509 and TLS have it, from the two numbers one behind the other, as JWT
/// and DNSSEC have it (RFC 7518 §3.4, RFC 6605 §4).
/// @param fixed  twice 32, 48 or 66 bytes; else a CryptoError
[[nodiscard]] Result<std::string> ecdsaToDER(KeyKind kind, std::string_view fixed);
/// The other way.
[[nodiscard]] Result<std::string> ecdsaFromDER(KeyKind kind, std::string_view der);

}  // namespace ropewalk::crypto
