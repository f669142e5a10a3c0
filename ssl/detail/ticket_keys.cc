// Keys by age or from a file; AES-256-CBC and HMAC-SHA-256 for the callback. RFC 5077 §4.
#include "ticket_keys.h"

#include <openssl/core_names.h>
#include <openssl/rand.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "pem.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/ssl/errors.h"

namespace ropewalk::ssl::detail {

namespace {

constexpr std::size_t kKeySize = 80;  // as nginx and HAProxy have them
constexpr std::size_t kKeysKept = 3;
constexpr auto kLife = std::chrono::hours(12);

// What OpenSSL wants to hear from the callback.
constexpr int kFailed = -1;
constexpr int kUnknown = 0;
constexpr int kFine = 1;
constexpr int kRenew = 2;

TicketKey randomKey() {
  TicketKey key;
  RAND_bytes(key.name.data(), static_cast<int>(key.name.size()));
  RAND_priv_bytes(key.cipher.data(), static_cast<int>(key.cipher.size()));
  RAND_priv_bytes(key.mac.data(), static_cast<int>(key.mac.size()));
  return key;
}

TicketKey keyOf(std::string_view bytes) {
  TicketKey key;
  std::memcpy(key.name.data(), bytes.data(), 16);
  std::memcpy(key.mac.data(), bytes.data() + 16, 32);
  std::memcpy(key.cipher.data(), bytes.data() + 48, 32);
  return key;
}

/// @return the keys as 80 bytes each, or "" when it is neither form
std::string keyBytes(const std::string& text) {
  std::string all;
  for (const std::string_view line : split(text, '\n')) {
    if (trim(line).empty()) continue;
    const Result<std::string> key = base64Decode(trim(line));
    if (!key.ok() || key.value().size() != kKeySize) {
      return !text.empty() && text.size() % kKeySize == 0 ? text : "";
    }
    all += key.value();
  }
  return all;
}

/// The cipher and the digest, fetched once: fetching costs more than sealing.
struct Algorithms {
  std::unique_ptr<EVP_CIPHER, FreeWith<EVP_CIPHER_free>> cipher{
      EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr)};
};

const Algorithms& algorithms() {
  static const Algorithms once;
  return once;
}

bool startMac(EVP_MAC_CTX* mac, TicketKey& key) {
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

}  // namespace

TicketKeys::TicketKeys(Now now)
    : now_(now ? std::move(now) : Now(&std::chrono::steady_clock::now)),
      keys_{randomKey()},
      rotated_(now_()) {}

void TicketKeys::load(const std::string& file) {
  std::string bytes = keyBytes(readFile(file));
  if (bytes.empty()) {
    throw ContextError(
        format("ticket keys {}: neither keys of {} bytes nor lines of base64 of that many; make "
               "one with: openssl rand -base64 {} | tr -d '\\n'",
               file, kKeySize, kKeySize));
  }
  std::vector<TicketKey> keys;
  for (std::size_t at = 0; at < bytes.size(); at += kKeySize)
    keys.push_back(keyOf(std::string_view(bytes).substr(at, kKeySize)));
  OPENSSL_cleanse(bytes.data(), bytes.size());
  const std::lock_guard lock(mutex_);
  keys_ = std::move(keys);
  fromFile_ = true;
}

/// Also makes up for the turns that nobody came in: no key outlives its time.
void TicketKeys::rotate() {
  if (fromFile_) return;
  const auto turns = (now_() - rotated_) / kLife;
  rotated_ += turns * kLife;
  const auto fresh = std::min<std::size_t>(static_cast<std::size_t>(turns), kKeysKept);
  for (std::size_t i = 0; i < fresh; ++i) keys_.insert(keys_.begin(), randomKey());
  if (keys_.size() > kKeysKept) keys_.resize(kKeysKept);
}

TicketKey TicketKeys::sealing() {
  const std::lock_guard lock(mutex_);
  rotate();
  return keys_.front();
}

std::optional<TicketKeys::Opening> TicketKeys::opening(const unsigned char* name) {
  const std::lock_guard lock(mutex_);
  rotate();
  for (const TicketKey& key : keys_) {
    if (std::memcmp(key.name.data(), name, key.name.size()) == 0)
      return Opening{key, &key == &keys_.front()};
  }
  return std::nullopt;
}

int TicketKeys::seal(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                     EVP_MAC_CTX* mac) {
  const EVP_CIPHER* algorithm = algorithms().cipher.get();
  TicketKey key = sealing();
  std::memcpy(name, key.name.data(), key.name.size());
  if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(algorithm)) != 1) return kFailed;
  if (EVP_EncryptInit_ex(cipher, algorithm, nullptr, key.cipher.data(), iv) != 1) return kFailed;
  return startMac(mac, key) ? kFine : kFailed;
}

int TicketKeys::open(const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher,
                     EVP_MAC_CTX* mac, bool renew) {
  std::optional<Opening> found = opening(name);
  if (!found) return kUnknown;
  if (!startMac(mac, found->key)) return kFailed;
  if (EVP_DecryptInit_ex(cipher, algorithms().cipher.get(), nullptr, found->key.cipher.data(),
                         iv) != 1)
    return kFailed;
  return found->current && !renew ? kFine : kRenew;
}

}  // namespace ropewalk::ssl::detail
