// Names, serials, dates and fingerprints out of OpenSSL's objects. RFC 2253, RFC 5280 §4.1.
#include "describe.h"

#include <arpa/inet.h>
#include <openssl/pem.h>

#include <array>
#include <cctype>
#include <ctime>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"

namespace ropewalk::ssl::detail {

namespace {

std::string textOf(const X509_NAME* name) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0,
                     (XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) | ASN1_STRFLGS_UTF8_CONVERT);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string commonNameOf(X509* certificate) {
  const X509_NAME* name = X509_get_subject_name(certificate);
  int last = -1;
  for (int i = -1; (i = X509_NAME_get_index_by_NID(name, NID_commonName, i)) >= 0;) last = i;
  if (last < 0) return "";
  const ASN1_STRING* value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, last));
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, value);
  if (size < 0) return "";
  std::string text(reinterpret_cast<char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  return text;
}

/// ASN1_STRING_get_length takes the place of ASN1_STRING_length where OpenSSL has it (4.1).
template <class String>
std::size_t lengthOf(const String* text) {
  if constexpr (requires { ASN1_STRING_get_length(text); }) {
    return ASN1_STRING_get_length(text);
  } else {
    return static_cast<std::size_t>(ASN1_STRING_length(text));
  }
}

std::string nameText(const GENERAL_NAME* name) {
  int type = 0;
  const auto* value = static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(name, &type));
  if (type != GEN_DNS && type != GEN_IPADD) return "";
  const unsigned char* bytes = ASN1_STRING_get0_data(value);
  const std::size_t size = lengthOf(value);
  if (type == GEN_DNS)
    return lowerCase(std::string_view(reinterpret_cast<const char*>(bytes), size));
  if (size != 4 && size != 16) return "";
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(size == 4 ? AF_INET : AF_INET6, bytes, text.data(), text.size());
  return text.data();
}

std::string serialOf(X509* certificate) {
  const std::unique_ptr<BIGNUM, FreeWith<BN_free>> number(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  char* digits = number ? BN_bn2hex(number.get()) : nullptr;
  std::string text = digits != nullptr ? digits : "";
  OPENSSL_free(digits);
  return text;
}

std::string fingerprintOf(X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  X509_digest(certificate, EVP_sha256(), digest.data(), &size);
  return hex({reinterpret_cast<const char*>(digest.data()), size});
}

}  // namespace

std::string subjectOf(X509* certificate) { return textOf(X509_get_subject_name(certificate)); }
std::string issuerOf(X509* certificate) { return textOf(X509_get_issuer_name(certificate)); }

std::string shortName(X509* certificate) {
  const std::string name = commonNameOf(certificate);
  if (!name.empty()) return "CN=" + name;
  const std::string subject = subjectOf(certificate);
  if (!subject.empty()) return subject;
  const std::vector<std::string> names = namesOf(certificate);
  return names.empty() ? "without a subject" : names.front();
}

std::vector<std::string> namesOf(X509* certificate) {
  std::vector<std::string> names;
  const GeneralNamesPtr all(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()); ++i) {
    std::string name = nameText(sk_GENERAL_NAME_value(all.get(), i));
    if (!name.empty()) names.push_back(std::move(name));
  }
  return names;
}

std::string keyKind(EVP_PKEY* key) {
  const char* name = EVP_PKEY_get0_type_name(key);
  if (name == nullptr) return "unknown";
  return std::string_view(name) == "ED25519" ? "Ed25519" : name;
}

std::string keyText(EVP_PKEY* key) {
  if (key == nullptr) return "unknown";
  const std::string kind = keyKind(key);
  if (kind == "EC") {
    std::array<char, 64> group{};
    std::size_t size = 0;
    if (EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) != 1) return kind;
    const char* nist = EC_curve_nid2nist(OBJ_txt2nid(group.data()));
    return format("EC {}", nist != nullptr ? nist : group.data());
  }
  return kind.starts_with("RSA") ? format("{} {}", kind, EVP_PKEY_get_bits(key)) : kind;
}

std::string pinOf(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0) return "";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  EVP_Digest(der, static_cast<std::size_t>(size), digest.data(), &length, EVP_sha256(), nullptr);
  OPENSSL_free(der);
  return base64Encode({reinterpret_cast<const char*>(digest.data()), length});
}

std::int64_t secondsOf(const ASN1_TIME* time) {
  std::tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? ::timegm(&parts) : 0;
}

std::string relativeTime(std::int64_t seconds) {
  const std::int64_t difference = seconds - std::time(nullptr);
  const std::int64_t size = difference < 0 ? -difference : difference;
  struct Unit {
    std::int64_t seconds;
    const char* name;
  };
  constexpr std::array kUnits{Unit{86'400, "day"}, Unit{3'600, "hour"}, Unit{60, "minute"},
                              Unit{1, "second"}};
  const Unit* unit = kUnits.begin();
  while (unit != kUnits.end() - 1 && size < unit->seconds) ++unit;
  const std::int64_t count = size / unit->seconds;
  const std::string amount = format("{} {}{}", count, unit->name, count == 1 ? "" : "s");
  return difference < 0 ? amount + " ago" : "in " + amount;
}

std::string validityError(X509* certificate) {
  const std::int64_t now = std::time(nullptr);
  const std::int64_t until = secondsOf(X509_get0_notAfter(certificate));
  const std::int64_t from = secondsOf(X509_get0_notBefore(certificate));
  if (until < now)
    return format("certificate expired {} ({})", relativeTime(until), shortName(certificate));
  if (from > now)
    return format("certificate is not valid yet: it will be {} ({})", relativeTime(from),
                  shortName(certificate));
  return "";
}

std::string toPEM(X509* certificate) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), certificate);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

CertificateInfo describe(X509* certificate) {
  CertificateInfo info;
  info.subject = subjectOf(certificate);
  info.commonName = commonNameOf(certificate);
  info.issuer = issuerOf(certificate);
  info.serial = serialOf(certificate);
  info.names = namesOf(certificate);
  info.notBefore = secondsOf(X509_get0_notBefore(certificate));
  info.notAfter = secondsOf(X509_get0_notAfter(certificate));
  info.key = keyText(X509_get0_pubkey(certificate));
  info.fingerprint = fingerprintOf(certificate);
  info.pin = pinOf(certificate);
  return info;
}

}  // namespace ropewalk::ssl::detail
