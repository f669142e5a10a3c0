// Certificates matched to keys by their public keys, and the chain above each found by issuers.
#include "key_pair.h"

#include <algorithm>
#include <map>

#include "chain.h"
#include "describe.h"
#include "error_queue.h"
#include "pem.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/ssl/errors.h"

namespace ropewalk::ssl::detail {

namespace {

bool fits(X509* certificate, EVP_PKEY* key) {
  const bool same = EVP_PKEY_eq(X509_get0_pubkey(certificate), key) == 1;
  clearErrors();
  return same;
}

[[noreturn]] void refuse(const KeyPair& pair, const std::string& why) {
  throw ContextError(format("{}: {}", pair.file, why));
}

void checkKey(const KeyPair& pair, const std::string& keyFile) {
  EVP_PKEY* const own = X509_get0_pubkey(pair.certificate.get());
  if (own != nullptr && fits(pair.certificate.get(), pair.key.get())) return;
  const std::string a = keyText(pair.key.get());
  const std::string b = keyText(own);
  throw ContextError(format("key {} does not match certificate {} ({})", keyFile, pair.file,
                            a == b ? "two keys of the same kind, " + a : a + " against " + b));
}

void arrange(KeyPair& pair) {
  Chain chain = arrangeChain(pair.certificate.get(), std::move(pair.chain), pair.file);
  pair.chain = std::move(chain.certificates);
  for (const std::string& remark : chain.remarks) log::warn("{}: {}", pair.file, remark);
}

void check(KeyPair& pair, const std::string& keyFile) {
  checkKey(pair, keyFile);
  if (const std::string why = validityError(pair.certificate.get()); !why.empty())
    refuse(pair, why);
  arrange(pair);
  pair.names = namesOf(pair.certificate.get());
  if (pair.names.empty()) {
    log::warn(
        "{}: the certificate names no host (no subjectAltName): clients that check names "
        "refuse it (RFC 9525)",
        pair.file);
  }
}

/// All that the PEM files of a directory hold.
struct Found {
  struct Key {
    KeyPtr key;
    std::string file;
  };
  struct Certificate {
    X509Ptr certificate;
    std::string file;
  };
  std::vector<Key> keys;
  std::vector<Certificate> certificates;
};

Found scan(const std::string& directory, const std::string& password) {
  Found found;
  for (const std::string& file : pemFilesBelow(directory)) {
    const std::string pem = readFile(file);
    if (KeyPtr key = keyIn(pem, password, file)) found.keys.push_back({std::move(key), file});
    for (X509Ptr& each : certificatesIn(pem, file))
      found.certificates.push_back({std::move(each), file});
  }
  return found;
}

/// The certificates that lead from `leaf` to a root, as far as they are there.
std::vector<X509Ptr> chainFor(X509* leaf, const Found& found) {
  std::vector<X509Ptr> chain;
  constexpr std::size_t kDeepest = 9;
  X509* below = leaf;
  while (chain.size() < kDeepest && !issued(below, below)) {
    const auto issuer =
        std::find_if(found.certificates.begin(), found.certificates.end(), [&](const auto& each) {
          return X509_cmp(each.certificate.get(), below) != 0 &&
                 issued(each.certificate.get(), below);
        });
    if (issuer == found.certificates.end()) break;
    chain.push_back(share(issuer->certificate.get()));
    below = chain.back().get();
  }
  return chain;
}

}  // namespace

KeyPair loadKeyPair(const CertificateFiles& files) {
  KeyPair pair;
  pair.file = files.certificate;
  const std::string pem = readFile(files.certificate);
  std::vector<X509Ptr> certificates = certificatesIn(pem, files.certificate);
  if (certificates.empty()) {
    throw ContextError(
        format("{} holds no certificate: a PEM file has a line -----BEGIN CERTIFICATE-----",
               files.certificate));
  }
  pair.certificate = std::move(certificates.front());
  certificates.erase(certificates.begin());
  pair.chain = std::move(certificates);
  if (!files.chain.empty()) {
    for (X509Ptr& each : certificatesIn(readFile(files.chain), files.chain))
      pair.chain.push_back(std::move(each));
  }
  const std::string& keyFile = files.key.empty() ? files.certificate : files.key;
  pair.key = keyIn(files.key.empty() ? pem : readFile(files.key),
                   passwordOf(files.password, files.passwordFile), keyFile);
  if (!pair.key)
    throw ContextError(format(
        "{} holds no private key: a PEM file has a line -----BEGIN PRIVATE KEY-----", keyFile));
  check(pair, keyFile);
  return pair;
}

std::vector<KeyPair> loadKeyPairs(const std::string& directory, const std::string& password) {
  const Found found = scan(directory, password);
  std::vector<KeyPair> pairs;
  for (const Found::Key& each : found.keys) {
    const auto leaf = std::find_if(
        found.certificates.begin(), found.certificates.end(),
        [&](const auto& candidate) { return fits(candidate.certificate.get(), each.key.get()); });
    if (leaf == found.certificates.end())
      throw ContextError(format("key {} has no certificate in {}", each.file, directory));
    KeyPair pair;
    pair.file = leaf->file;
    pair.certificate = share(leaf->certificate.get());
    EVP_PKEY_up_ref(each.key.get());
    pair.key.reset(each.key.get());
    pair.chain = chainFor(pair.certificate.get(), found);
    check(pair, each.file);
    pairs.push_back(std::move(pair));
  }
  if (pairs.empty())
    throw ContextError(
        format("{} holds no private key: there are no *.pem files with one", directory));
  return pairs;
}

}  // namespace ropewalk::ssl::detail
