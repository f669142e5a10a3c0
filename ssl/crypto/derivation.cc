// HKDF out of our HMAC, PBKDF2 by OpenSSL. RFC 5869 §2, RFC 8018 §5.2.
#include "derivation.h"

#include <openssl/evp.h>

#include <limits>
#include <stdexcept>

#include "ropewalk/core/base/format.h"
#include "ropewalk/ssl/crypto/detail/algorithms.h"
#include "secret.h"

namespace ropewalk::crypto {

namespace {

using detail::bytesOf;

constexpr std::size_t kMostInt = std::numeric_limits<int>::max();  // OpenSSL's sizes here

}  // namespace

std::string hkdfExtract(Hash hash, std::string_view salt, std::string_view secret) {
  return hmac(hash, salt, secret);
}

std::string hkdfExpand(Hash hash, std::string_view key, std::string_view info, std::size_t size) {
  if (size > 255 * digestSize(hash))  // RFC 5869 §2.3: the counter is one byte
    throw std::invalid_argument(format("HKDF makes at most {} bytes", 255 * digestSize(hash)));
  Hmac block(hash, key);
  std::string out;
  std::string last;
  out.reserve(size);
  for (unsigned char counter = 1; out.size() < size; ++counter) {
    const char number = static_cast<char>(counter);
    block.update(last).update(info).update({&number, 1});
    wipe(last);
    last = block.finish();
    out.append(last, 0, size - out.size());
  }
  wipe(last);
  return out;
}

std::string hkdf(Hash hash, std::string_view secret, std::string_view salt, std::string_view info,
                 std::size_t size) {
  std::string key = hkdfExtract(hash, salt, secret);
  std::string out = hkdfExpand(hash, key, info, size);
  wipe(key);
  return out;
}

std::string pbkdf2(Hash hash, std::string_view password, std::string_view salt,
                   std::uint32_t iterations, std::size_t size) {
  if (iterations == 0 || iterations > kMostInt || size == 0 || size > kMostInt ||
      password.size() > kMostInt || salt.size() > kMostInt)
    throw std::invalid_argument("PBKDF2 wants 1 to 2^31 - 1 iterations and bytes");
  if (password.data() == nullptr) password = "";
  std::string out(size, '\0');
  detail::must(
      PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytesOf(salt),
                        static_cast<int>(salt.size()), static_cast<int>(iterations),
                        detail::digestOf(hash), static_cast<int>(size), bytesOf(out.data())) == 1,
      "derive a key from a password");
  return out;
}

}  // namespace ropewalk::crypto
