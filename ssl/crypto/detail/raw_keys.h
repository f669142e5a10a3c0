// Keys of OpenSSL's out of plain bytes, and back.
#pragma once

#include <string>
#include <string_view>

#include "openssl.h"

namespace ropewalk::crypto::detail {

// All give null where the bytes are no key of the kind; OpenSSL's error queue is emptied then.

/// @param curve  a NID: NID_X9_62_prime256v1 …
/// @param point  uncompressed (SEC 1 §2.3.3); it is checked to lie on the curve
[[nodiscard]] KeyPtr ecPublic(int curve, std::string_view point);
/// @param scalar  big-endian, as many bytes as the curve's order has
[[nodiscard]] KeyPtr ecPrivate(int curve, std::string_view scalar);
/// @param kind  EVP_PKEY_ED25519 or EVP_PKEY_X25519
[[nodiscard]] KeyPtr edwardsPublic(int kind, std::string_view bytes);
[[nodiscard]] KeyPtr edwardsPrivate(int kind, std::string_view bytes);
/// Both big-endian.
[[nodiscard]] KeyPtr rsaPublic(std::string_view modulus, std::string_view exponent);

/// 32 bytes, or the uncompressed point.
[[nodiscard]] std::string publicBytes(EVP_PKEY* key);
/// 32 bytes, or the scalar with its leading zeros.
[[nodiscard]] std::string privateBytes(EVP_PKEY* key);
/// A number of a key, big-endian, without leading zeros.
/// @param name  OSSL_PKEY_PARAM_RSA_N …
[[nodiscard]] std::string numberOf(EVP_PKEY* key, const char* name);
/// The size of a scalar of the curve that an EC key is on.
[[nodiscard]] std::size_t scalarSize(EVP_PKEY* key) noexcept;

}  // namespace ropewalk::crypto::detail
