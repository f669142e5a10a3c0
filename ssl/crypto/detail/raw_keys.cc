// EVP_PKEYs built of parameters, as OpenSSL 3 wants them. SEC 1 §2.3, RFC 8032 §5.1.5.
#include "raw_keys.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>

#include "algorithms.h"
#include "error_queue.h"

namespace ropewalk::crypto::detail {

namespace {

using Number = std::unique_ptr<BIGNUM, FreeWith<BN_clear_free>>;
using Group = std::unique_ptr<EC_GROUP, FreeWith<EC_GROUP_free>>;
using Point = std::unique_ptr<EC_POINT, FreeWith<EC_POINT_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, FreeWith<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, FreeWith<OSSL_PARAM_free>>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeWith<EVP_PKEY_CTX_free>>;

constexpr char kUncompressed = 4;  // SEC 1 §2.3.3: the first byte of such a point

Number numberFrom(std::string_view bytes) {
  return Number(BN_bin2bn(bytesOf(bytes), static_cast<int>(bytes.size()), nullptr));
}

KeyPtr build(const char* kind, OSSL_PARAM_BLD* builder, int selection) {
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder));
  const PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, selection, parameters.get()) != 1)
    clearErrors();
  return KeyPtr(key);
}

/// The point that belongs to a scalar; "" when the scalar is out of range.
std::string pointOf(const EC_GROUP* group, BIGNUM* scalar) {
  if (BN_is_zero(scalar) || BN_cmp(scalar, EC_GROUP_get0_order(group)) >= 0) return "";
  BN_set_flags(scalar, BN_FLG_CONSTTIME);
  const Point point(EC_POINT_new(group));
  if (EC_POINT_mul(group, point.get(), scalar, nullptr, nullptr, nullptr) != 1) return "";
  const std::size_t size =
      EC_POINT_point2oct(group, point.get(), POINT_CONVERSION_UNCOMPRESSED, nullptr, 0, nullptr);
  std::string bytes(size, '\0');
  EC_POINT_point2oct(group, point.get(), POINT_CONVERSION_UNCOMPRESSED, bytesOf(bytes.data()),
                     bytes.size(), nullptr);
  return bytes;
}

std::size_t sizeOfScalar(const EC_GROUP* group) {
  return static_cast<std::size_t>(EC_GROUP_order_bits(group) + 7) / 8;
}

}  // namespace

KeyPtr ecPublic(int curve, std::string_view point) {
  if (point.empty() || point.front() != kUncompressed) return nullptr;
  const Builder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, OBJ_nid2sn(curve), 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  KeyPtr key = build("EC", builder.get(), EVP_PKEY_PUBLIC_KEY);
  if (!key) return nullptr;
  const PkeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  if (EVP_PKEY_public_check(context.get()) == 1) return key;
  clearErrors();
  return nullptr;
}

KeyPtr ecPrivate(int curve, std::string_view scalar) {
  const Group group(EC_GROUP_new_by_curve_name(curve));
  if (!group || scalar.size() != sizeOfScalar(group.get())) return nullptr;
  const Number number = numberFrom(scalar);
  const std::string point = pointOf(group.get(), number.get());
  if (point.empty()) return nullptr;
  const Builder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, OBJ_nid2sn(curve), 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, number.get());
  return build("EC", builder.get(), EVP_PKEY_KEYPAIR);
}

KeyPtr edwardsPublic(int kind, std::string_view bytes) {
  KeyPtr key(EVP_PKEY_new_raw_public_key(kind, nullptr, bytesOf(bytes), bytes.size()));
  clearErrors();
  return key;
}

KeyPtr edwardsPrivate(int kind, std::string_view bytes) {
  KeyPtr key(EVP_PKEY_new_raw_private_key(kind, nullptr, bytesOf(bytes), bytes.size()));
  clearErrors();
  return key;
}

KeyPtr rsaPublic(std::string_view modulus, std::string_view exponent) {
  constexpr std::size_t kLongest = 4'096;  // bytes; OpenSSL refuses to use half of it
  if (modulus.size() > kLongest || exponent.size() > kLongest) return nullptr;
  const Number n = numberFrom(modulus);
  const Number e = numberFrom(exponent);
  const Builder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  return build("RSA", builder.get(), EVP_PKEY_PUBLIC_KEY);
}

std::string publicBytes(EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "EC") == 1) {
    unsigned char* bytes = nullptr;
    const std::size_t size = EVP_PKEY_get1_encoded_public_key(key, &bytes);
    must(size > 0, "read a public key");
    std::string out(reinterpret_cast<const char*>(bytes), size);
    OPENSSL_free(bytes);
    return out;
  }
  std::size_t size = 0;
  must(EVP_PKEY_get_raw_public_key(key, nullptr, &size) == 1, "read a public key");
  std::string out(size, '\0');
  EVP_PKEY_get_raw_public_key(key, bytesOf(out.data()), &size);
  return out;
}

std::string privateBytes(EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "EC") == 1) {
    BIGNUM* scalar = nullptr;
    must(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) == 1, "read a private key");
    const Number owned(scalar);
    std::string out(scalarSize(key), '\0');
    BN_bn2binpad(scalar, bytesOf(out.data()), static_cast<int>(out.size()));
    return out;
  }
  std::size_t size = 0;
  must(EVP_PKEY_get_raw_private_key(key, nullptr, &size) == 1, "read a private key");
  std::string out(size, '\0');
  EVP_PKEY_get_raw_private_key(key, bytesOf(out.data()), &size);
  return out;
}

std::string numberOf(EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  must(EVP_PKEY_get_bn_param(key, name, &number) == 1, "read a key");
  const Number owned(number);
  std::string out(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, bytesOf(out.data()));
  return out;
}

std::size_t scalarSize(EVP_PKEY* key) noexcept {
  return static_cast<std::size_t>(EVP_PKEY_get_bits(key) + 7) / 8;
}

}  // namespace ropewalk::crypto::detail
