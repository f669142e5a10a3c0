// Tables filled on first use, never freed: a thread may outlive main().
#include "algorithms.h"

#include <array>
#include <atomic>

#include "error_queue.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/ssl/crypto/secret.h"

namespace ropewalk::crypto::detail {

namespace {

/// The algorithms of one kind. They are never freed: a thread may outlive main().
template <class T, std::size_t n>
class Fetched {
 public:
  using Fetch = T* (*)(OSSL_LIB_CTX*, const char*, const char*);
  using Free = void (*)(T*);

  T* get(std::size_t index, const char* name, Fetch fetch, Free free) {
    std::atomic<T*>& place = all_[index];
    if (T* const known = place.load(std::memory_order_acquire)) return known;
    T* const fresh = fetch(nullptr, name, nullptr);
    must(fresh != nullptr, format("use {}", name));
    T* expected = nullptr;
    if (place.compare_exchange_strong(expected, fresh, std::memory_order_acq_rel)) return fresh;
    free(fresh);  // another thread was faster
    return expected;
  }

 private:
  std::array<std::atomic<T*>, n> all_{};
};

constexpr std::array kDigests{"MD5", "SHA1", "SHA2-256", "SHA2-384", "SHA2-512", "SHA2-224"};
constexpr std::array kCiphers{"AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305", "AES-128-CTR",
                              "AES-192-CTR", "AES-256-CTR", "ChaCha20"};
constexpr std::array kMacs{"HMAC", "POLY1305"};

}  // namespace

const char* digestName(Hash hash) noexcept { return kDigests[static_cast<std::size_t>(hash)]; }

const EVP_MD* digestOf(Hash hash) {
  static constinit Fetched<EVP_MD, kDigests.size()> all;
  return all.get(static_cast<std::size_t>(hash), digestName(hash), EVP_MD_fetch, EVP_MD_free);
}

const EVP_CIPHER* cipherOf(Cipher cipher) {
  static constinit Fetched<EVP_CIPHER, kCiphers.size()> all;
  const auto index = static_cast<std::size_t>(cipher);
  return all.get(index, kCiphers[index], EVP_CIPHER_fetch, EVP_CIPHER_free);
}

EVP_MAC* macOf(Mac mac) {
  static constinit Fetched<EVP_MAC, kMacs.size()> all;
  const auto index = static_cast<std::size_t>(mac);
  return all.get(index, kMacs[index], EVP_MAC_fetch, EVP_MAC_free);
}

void must(bool done, std::string_view action) {
  if (!done) throw CryptoError(format("cannot {}: {}", action, drainErrors()));
}

}  // namespace ropewalk::crypto::detail
