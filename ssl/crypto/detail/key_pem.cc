// PEM's private keys; what does not open says which key and why.
#include "key_pem.h"

#include <openssl/crypto.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cstring>

#include "algorithms.h"
#include "error_queue.h"
#include "ropewalk/core/base/format.h"

namespace ropewalk::crypto::detail {

namespace {

/// Gives the password once: a wrong one must not be asked for on a terminal.
int givePassword(char* buffer, int size, int /*writing*/, void* password) {
  const auto& text = *static_cast<const std::string*>(password);
  const int length = std::min(size, static_cast<int>(text.size()));
  std::memcpy(buffer, text.data(), static_cast<std::size_t>(length));
  return length;
}

PrivateKeyInPEM refused(bool encrypted, bool hasPassword, const std::string& name) {
  if (!encrypted) return {nullptr, format("key {} cannot be read: {}", name, drainErrors()), false};
  if (hasPassword) return {nullptr, format("key {} does not open with this password", name), false};
  return {nullptr, format("key {} is encrypted: give its password, or a file with it", name), true};
}

}  // namespace

PrivateKeyInPEM privateKeyIn(const std::string& pem, const std::string& password,
                             const std::string& name) {
  if (pem.find("PRIVATE KEY-----") == std::string::npos) return {};
  const BioPtr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  clearErrors();
  std::string secret = password;
  KeyPtr key(PEM_read_bio_PrivateKey(in.get(), nullptr, &givePassword, &secret));
  OPENSSL_cleanse(secret.data(), secret.size());
  if (key) return {std::move(key), "", false};
  return refused(pem.find("ENCRYPTED") != std::string::npos, !password.empty(), name);
}

std::string toPEM(EVP_PKEY* key) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  must(PEM_write_bio_PKCS8PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
       "write a private key");
  return textOf(out.get());
}

std::string textOf(BIO* memory) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory, &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace ropewalk::crypto::detail
