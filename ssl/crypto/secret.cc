// By CRYPTO_memcmp and OPENSSL_cleanse, which the optimiser leaves alone.
#include "secret.h"

#include <openssl/crypto.h>

namespace ropewalk::crypto {

bool equalConstantTime(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void wipe(std::string& secret) noexcept {
  secret.resize(secret.capacity());  // what an earlier, longer value left behind goes too
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

}  // namespace ropewalk::crypto
