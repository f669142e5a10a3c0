// Loading all that the options name, and the index from names to certificates. RFC 9525 §6.3.
#include "material.h"

#include <openssl/ocsp.h>

#include <algorithm>
#include <filesystem>

#include "error_queue.h"
#include "names.h"
#include "pem.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/ssl/development.h"

namespace ropewalk::ssl::detail {

namespace {

/// Whom a file of the user's names is trusted, whoever issued that one: as curl, Go and Python do.
StorePtr storeOf(const std::vector<X509Ptr>& authorities) {
  StorePtr store(X509_STORE_new());
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  for (const X509Ptr& each : authorities) X509_STORE_add_cert(store.get(), each.get());
  clearErrors();  // one that is there twice is no error
  return store;
}

StorePtr systemStore() {
  StorePtr store(X509_STORE_new());
  if (X509_STORE_set_default_paths(store.get()) != 1)
    throw ContextError(format("cannot load the system's authorities: {}", drainErrors()));
  clearErrors();
  return store;
}

void indexNames(Material& material) {
  for (const KeyPair& pair : material.pairs) {
    for (const std::string& name : pair.names) material.byName[name].push_back(&pair);
  }
}

void checkCovered(const Material& material, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (material.pairsFor(name) == nullptr)
      throw ContextError(format("no certificate is for {}, which must be covered", name));
  }
}

std::string loadStaple(const std::string& file) {
  std::string der = readFile(file);
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  OCSP_RESPONSE* response = d2i_OCSP_RESPONSE(nullptr, &bytes, static_cast<long>(der.size()));
  const bool good =
      response != nullptr && OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL;
  OCSP_RESPONSE_free(response);
  clearErrors();
  if (!good) throw ContextError(format("{} is no OCSP response in DER", file));
  return der;
}

void loadPairs(Material& material, const ServerOptions& options) {
  if (options.development) {
    const DevelopmentFiles files = developmentCertificate();
    material.pairs.push_back(loadKeyPair({files.certificate, files.key}));
  }
  if (!options.certificate.empty()) {
    material.pairs.push_back(loadKeyPair(
        {options.certificate, options.key, options.chain, options.password, options.passwordFile}));
  }
  for (const CertificateFiles& each : options.more) material.pairs.push_back(loadKeyPair(each));
  if (options.sniDirectory.empty()) return;
  const std::string password = passwordOf(options.password, options.passwordFile);
  for (KeyPair& each : loadKeyPairs(options.sniDirectory, password))
    material.pairs.push_back(std::move(each));
}

void addFile(std::vector<std::string>& files, const std::string& path) {
  std::error_code ignored;
  if (path.empty()) return;
  files.push_back(path);
  if (!std::filesystem::is_directory(path, ignored)) return;
  for (std::string& each : pemFilesBelow(path)) files.push_back(std::move(each));
}

}  // namespace

const std::vector<const KeyPair*>* Material::pairsFor(std::string_view asked) const {
  const std::string name = lowerCase(withoutFinalDot(asked));
  auto found = byName.find(name);
  if (found == byName.end()) found = byName.find(wildcardFor(name));
  return found == byName.end() ? nullptr : &found->second;
}

std::shared_ptr<const Material> loadMaterial(const ServerOptions& options) {
  auto material = std::make_shared<Material>();
  loadPairs(*material, options);
  if (material->pairs.empty())
    throw ContextError(
        "a TLS server needs a certificate: give certificate and key, sniDirectory or development");
  indexNames(*material);
  checkCovered(*material, options.names);
  if (options.clientCertificates != ClientCertificates::none) {
    if (options.clientCA.empty())
      throw ContextError(
          "asking clients for certificates needs the authorities that issue them: give clientCA");
    material->authorities = authoritiesAt(options.clientCA);
    material->trust = storeOf(material->authorities);
  }
  if (!options.ocspStaple.empty()) material->ocspStaple = loadStaple(options.ocspStaple);
  return material;
}

std::shared_ptr<const Material> loadMaterial(const ClientOptions& options) {
  auto material = std::make_shared<Material>();
  if (!options.certificate.empty()) {
    material->pairs.push_back(loadKeyPair(
        {options.certificate, options.key, "", options.password, options.passwordFile}));
  }
  if (options.trust.empty()) {
    material->trust = systemStore();
  } else {
    material->authorities = authoritiesAt(options.trust);
    material->trust = storeOf(material->authorities);
  }
  return material;
}

std::vector<std::string> filesOf(const ServerOptions& options) {
  std::vector<std::string> files;
  for (const std::string& each :
       {options.certificate, options.key, options.chain, options.passwordFile, options.sniDirectory,
        options.clientCA, options.ticketKeys, options.ocspStaple})
    addFile(files, each);
  for (const CertificateFiles& each : options.more) {
    addFile(files, each.certificate);
    addFile(files, each.key);
    addFile(files, each.chain);
    addFile(files, each.passwordFile);
  }
  return files;
}

std::vector<std::string> filesOf(const ClientOptions& options) {
  std::vector<std::string> files;
  for (const std::string& each :
       {options.trust, options.certificate, options.key, options.passwordFile})
    addFile(files, each);
  return files;
}

}  // namespace ropewalk::ssl::detail
