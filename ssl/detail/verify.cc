// OpenSSL's verdict put into words, and what it does not judge: pins, staples, underscores.
// RFC 5280 §6, RFC 9525, RFC 6960.
#include "verify.h"

#include <openssl/ocsp.h>

#include <algorithm>

#include "context_state.h"
#include "describe.h"
#include "error_queue.h"
#include "handshake_notes.h"
#include "names.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "ropewalk/core/net/address.h"

namespace ropewalk::ssl::detail {

namespace {

std::string forNames(X509* certificate) {
  const std::vector<std::string> names = namesOf(certificate);
  if (names.empty()) return "for no host at all";
  constexpr std::size_t kShown = 4;
  std::string text = "for " + names.front();
  for (std::size_t i = 1; i < std::min(names.size(), kShown); ++i) text += ", " + names[i];
  return names.size() > kShown ? text + format(" and {} more", names.size() - kShown) : text;
}

bool isUnknownAuthority(int error) {
  switch (error) {
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return true;
    default:
      return false;
  }
}

std::string unknownAuthority(int error, X509* certificate) {
  if (error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT) {
    return format("self-signed certificate ({}); to trust it, name a file with it",
                  shortName(certificate));
  }
  return format("unknown authority: {}; to trust it, name a file with its certificate",
                issuerOf(certificate));
}

/// Why OpenSSL does not accept the certificate, so that who reads it knows what to do.
std::string whyRefused(int error, X509* certificate, const std::string& host) {
  if (isUnknownAuthority(error)) return unknownAuthority(error, certificate);
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID: {
      const std::string why = validityError(certificate);
      return why.empty() ? X509_verify_cert_error_string(error) : why;
    }
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return format("peer's certificate is {}, not {}", forNames(certificate), host);
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
      return format("key too small: {} ({})", keyText(X509_get0_pubkey(certificate)),
                    shortName(certificate));
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return format("certificate is signed with a weak hash, {} ({})",
                    OBJ_nid2ln(X509_get_signature_nid(certificate)), shortName(certificate));
    case X509_V_ERR_CERT_REVOKED:
      return format("certificate was revoked ({})", shortName(certificate));
    case X509_V_ERR_INVALID_PURPOSE:
      return format("certificate is not for this use ({})", shortName(certificate));
    default:
      return format("{} ({})", X509_verify_cert_error_string(error), shortName(certificate));
  }
}

const SSL* sslOf(X509_STORE_CTX* store) {
  return static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
}

HandshakeNotes* notesOf(X509_STORE_CTX* store) {
  const SSL* ssl = sslOf(store);
  return ssl != nullptr ? detail::notesOf(ssl) : nullptr;
}

void note(X509_STORE_CTX* store, std::string why, bool unknownAuthority = false) {
  HandshakeNotes* const notes = notesOf(store);
  if (notes == nullptr || !notes->certificateError.empty()) return;
  notes->certificateError = std::move(why);
  notes->unknownAuthority = unknownAuthority;
}

/// A wildcard covers labels with underscores too: what names hosts is not only what RFC 952
/// allowed.
bool isForHost(X509* certificate, const std::string& host) {
  const std::string wildcard = wildcardForUnderscore(lowerCase(host));
  if (wildcard.empty()) return false;
  const std::vector<std::string> names = namesOf(certificate);
  return std::find(names.begin(), names.end(), wildcard) != names.end();
}

/// Called for each certificate, from the root down, and for each thing that is wrong with one.
int judge(int good, X509_STORE_CTX* store) {
  if (good == 1) return 1;
  const HandshakeNotes* notes = notesOf(store);
  X509* const certificate = X509_STORE_CTX_get_current_cert(store);
  const int error = X509_STORE_CTX_get_error(store);
  const std::string host = notes != nullptr ? notes->host : "";
  if (error == X509_V_ERR_HOSTNAME_MISMATCH && isForHost(certificate, host)) {
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
  }
  note(store,
       certificate != nullptr ? whyRefused(error, certificate, host)
                              : X509_verify_cert_error_string(error),
       isUnknownAuthority(error));
  return 0;
}

bool hasPin(X509_STORE_CTX* store, const std::vector<std::string>& pins) {
  const STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(store);
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    const std::string pin = pinOf(sk_X509_value(chain, i));
    if (std::find(pins.begin(), pins.end(), pin) != pins.end()) return true;
  }
  return false;
}

const ClientOptions& clientOptionsOf(X509_STORE_CTX* store) {
  return contextOf(sslOf(store)).state().client();
}

/// judge, and the pins once the chain is complete: at the peer's own certificate, which comes last.
int judgeServer(int good, X509_STORE_CTX* store) {
  const ClientOptions& options = clientOptionsOf(store);
  if (good != 1 && options.verify) return judge(good, store);
  const bool last = X509_STORE_CTX_get_error_depth(store) == 0;
  if (!last || options.pins.empty() || hasPin(store, options.pins)) return 1;
  X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
  X509* const leaf = X509_STORE_CTX_get_current_cert(store);
  note(store,
       format("no key of the chain is pinned ({} has sha256 {})", shortName(leaf), pinOf(leaf)));
  return 0;
}

// OCSP stapling, the client's side.

struct FreeOcsp {
  void operator()(OCSP_RESPONSE* response) const noexcept { OCSP_RESPONSE_free(response); }
  void operator()(OCSP_BASICRESP* response) const noexcept { OCSP_BASICRESP_free(response); }
  void operator()(OCSP_CERTID* id) const noexcept { OCSP_CERTID_free(id); }
};
template <class T>
using OcspPtr = std::unique_ptr<T, FreeOcsp>;

OcspPtr<OCSP_BASICRESP> stapleOf(SSL* ssl) {
  const unsigned char* der = nullptr;
  const long size = SSL_get_tlsext_status_ocsp_resp(ssl, &der);
  if (der == nullptr || size <= 0) return nullptr;
  const OcspPtr<OCSP_RESPONSE> response(d2i_OCSP_RESPONSE(nullptr, &der, size));
  return OcspPtr<OCSP_BASICRESP>(response ? OCSP_response_get1_basic(response.get()) : nullptr);
}

/// The staple of the peer, if it sent one: a valid one that says "revoked" ends the handshake.
int checkStaple(SSL* ssl, void* /*unused*/) {
  constexpr int kGo = 1;
  constexpr int kStop = 0;
  const OcspPtr<OCSP_BASICRESP> staple = stapleOf(ssl);
  STACK_OF(X509)* const chain = SSL_get0_verified_chain(ssl);
  if (!staple || chain == nullptr || sk_X509_num(chain) < 2) return kGo;
  X509_STORE* const trust = SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl));
  const bool genuine = OCSP_basic_verify(staple.get(), chain, trust, 0) == 1;
  clearErrors();
  if (!genuine) return kGo;  // nobody vouches for it: as if there were none
  X509* const leaf = sk_X509_value(chain, 0);
  const OcspPtr<OCSP_CERTID> id(OCSP_cert_to_id(nullptr, leaf, sk_X509_value(chain, 1)));
  int status = V_OCSP_CERTSTATUS_UNKNOWN;
  ASN1_GENERALIZEDTIME* when = nullptr;
  const bool found =
      OCSP_resp_find_status(staple.get(), id.get(), &status, nullptr, &when, nullptr, nullptr) == 1;
  if (!found || status != V_OCSP_CERTSTATUS_REVOKED) return kGo;
  if (HandshakeNotes* notes = detail::notesOf(ssl)) {
    notes->certificateError =
        format("certificate was revoked {} ({})",
               when != nullptr ? relativeTime(secondsOf(when)) : "", shortName(leaf));
  }
  return kStop;
}

/// What OpenSSL did not take as a host it would not check either: any certificate would do.
void mustBeHost(long taken, const std::string& host) {
  if (taken == 1) return;
  clearErrors();
  throw HandshakeError(HandshakeFailure::other,
                       format("cannot verify a server as {}: neither a host name nor an IP address",
                              quoteBytes(host)));
}

}  // namespace

void verifyClients(SSL_CTX* context, const ServerOptions& options, const Material& material) {
  if (options.clientCertificates == ClientCertificates::none) return;
  int mode = SSL_VERIFY_PEER;
  if (options.clientCertificates == ClientCertificates::require)
    mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  SSL_CTX_set_verify(context, mode, &judge);
  SSL_CTX_set1_cert_store(context, material.trust.get());
  for (const X509Ptr& each : material.authorities) SSL_CTX_add_client_CA(context, each.get());
}

void verifyServers(SSL_CTX* context, const ClientOptions& options, const Material& material) {
  SSL_CTX_set1_cert_store(context, material.trust.get());
  const bool judged = options.verify || !options.pins.empty();
  SSL_CTX_set_verify(context, judged ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
                     judged ? &judgeServer : nullptr);
  if (!options.verify) return;
  SSL_CTX_set_tlsext_status_type(context, TLSEXT_STATUSTYPE_ocsp);
  SSL_CTX_set_tlsext_status_cb(context, &checkStaple);
}

void expectHost(SSL* ssl, const std::string& host, bool verify) {
  if (host.empty()) return;
  const Address literal = Address::fromLiteral(host, 0);
  const bool named = literal.family == Address::Family::none;
  if (named) mustBeHost(SSL_set_tlsext_host_name(ssl, host.c_str()), host);
  if (!verify) return;
  X509_VERIFY_PARAM* const rules = SSL_get0_param(ssl);
  if (!named) {
    const std::string address = literal.host.substr(0, literal.host.find('%'));
    mustBeHost(X509_VERIFY_PARAM_set1_ip_asc(rules, address.c_str()), host);
    return;
  }
  // RFC 9525 §6.3: a wildcard is a whole label; §2: the subject's CN names nobody.
  SSL_set_hostflags(ssl,
                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  mustBeHost(X509_VERIFY_PARAM_set1_host(rules, host.data(), host.size()), host);
}

}  // namespace ropewalk::ssl::detail
