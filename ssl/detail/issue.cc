// Certificates of version 3, with the extensions that clients look at. RFC 5280 §4.2.
#include "issue.h"

#include <openssl/rand.h>

#include <array>

#include "error_queue.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/net/address.h"
#include "ropewalk/ssl/errors.h"

namespace ropewalk::ssl::detail {

namespace {

void must(bool done) {
  if (!done) throw ContextError(format("cannot make a certificate: {}", drainErrors()));
}

void setSerial(X509* certificate) {
  std::array<unsigned char, 16> bytes{};  // RFC 5280 §4.1.2.2: unique, positive, at most 20 bytes
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7F) | 0x40);
  const std::unique_ptr<BIGNUM, FreeWith<BN_free>> number(
      BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate));
}

void setName(X509* certificate, const std::string& commonName) {
  const std::unique_ptr<X509_NAME, FreeWith<X509_NAME_free>> name(X509_NAME_new());
  must(X509_NAME_add_entry_by_txt(name.get(), "CN", MBSTRING_UTF8,
                                  reinterpret_cast<const unsigned char*>(commonName.data()),
                                  static_cast<int>(commonName.size()), -1, 0) == 1);
  must(X509_set_subject_name(certificate, name.get()) == 1);
}

void extend(X509* certificate, X509* issuer, int extension, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>> made(
      X509V3_EXT_conf_nid(nullptr, &context, extension, value.c_str()));
  must(made != nullptr && X509_add_ext(certificate, made.get(), -1) == 1);
}

std::string alternativeNames(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    const bool literal = Address::fromLiteral(name, 0).family != Address::Family::none;
    text += format("{}{}:{}", text.empty() ? "" : ",", literal ? "IP" : "DNS", name);
  }
  return text;
}

}  // namespace

KeyPtr makeKey() {
  KeyPtr key(EVP_EC_gen("P-256"));
  must(key != nullptr);
  return key;
}

X509Ptr issue(const Issue& what, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuerKey) {
  X509Ptr made(X509_new());
  X509* const certificate = made.get();
  X509* const by = issuer != nullptr ? issuer : certificate;
  must(certificate != nullptr && X509_set_version(certificate, X509_VERSION_3) == 1);
  setSerial(certificate);
  using std::chrono::seconds;
  X509_gmtime_adj(X509_getm_notBefore(certificate), seconds(what.from).count());
  X509_gmtime_adj(X509_getm_notAfter(certificate), seconds(what.until).count());
  must(X509_set_pubkey(certificate, key) == 1);
  setName(certificate, what.commonName);
  must(X509_set_issuer_name(certificate, X509_get_subject_name(by)) == 1);
  extend(certificate, by, NID_subject_key_identifier, "hash");
  extend(certificate, by, NID_authority_key_identifier, "keyid:always");
  if (what.names.empty()) {
    extend(certificate, by, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    extend(certificate, by, NID_key_usage, "critical,keyCertSign,cRLSign");
  } else {
    extend(certificate, by, NID_basic_constraints, "critical,CA:FALSE");
    extend(certificate, by, NID_key_usage, "critical,digitalSignature");
    extend(certificate, by, NID_ext_key_usage, "serverAuth,clientAuth");
    extend(certificate, by, NID_subject_alt_name, alternativeNames(what.names));
  }
  must(X509_sign(certificate, issuerKey, EVP_sha256()) > 0);
  return made;
}

}  // namespace ropewalk::ssl::detail
