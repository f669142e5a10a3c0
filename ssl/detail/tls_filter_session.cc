// What a TlsFilter tells of its connection.
#include "describe.h"
#include "names.h"
#include "tls_filter.h"

namespace ropewalk::ssl::detail {

namespace {

std::string_view textOr(const char* text) { return text != nullptr ? text : ""; }

/// The peer's chain, its own certificate first. OpenSSL leaves that one out on servers.
std::vector<X509Ptr> chainOf(const SSL* ssl, bool server) {
  std::vector<X509Ptr> all;
  X509* const own = SSL_get0_peer_certificate(ssl);
  if (own == nullptr) return all;
  if (server) all.push_back(share(own));
  const STACK_OF(X509)* chain = SSL_get_peer_cert_chain(ssl);
  for (int i = 0; i < sk_X509_num(chain); ++i) all.push_back(share(sk_X509_value(chain, i)));
  if (all.empty()) all.push_back(share(own));
  return all;
}

}  // namespace

std::string_view TlsFilter::version() const noexcept {
  return established_ ? textOr(SSL_get_version(ssl_.get())) : "";
}

std::string_view TlsFilter::cipher() const noexcept {
  return established_ ? textOr(SSL_get_cipher_name(ssl_.get())) : "";
}

std::string_view TlsFilter::negotiatedProtocol() const noexcept {
  if (!established_) return "";
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::string_view TlsFilter::serverName() const noexcept {
  if (!established_) return "";
  return withoutFinalDot(textOr(SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name)));
}

bool TlsFilter::resumed() const noexcept {
  return established_ && SSL_session_reused(ssl_.get()) == 1;
}

std::optional<CertificateInfo> TlsFilter::peerCertificate() const {
  X509* const own = ssl_ ? SSL_get0_peer_certificate(ssl_.get()) : nullptr;
  if (own == nullptr) return std::nullopt;
  return describe(own);
}

std::vector<CertificateInfo> TlsFilter::peerChain() const {
  std::vector<CertificateInfo> all;
  if (!ssl_) return all;
  for (const X509Ptr& each : chainOf(ssl_.get(), server_)) all.push_back(describe(each.get()));
  return all;
}

std::string TlsFilter::peerChainPEM() const {
  std::string pem;
  if (!ssl_) return pem;
  for (const X509Ptr& each : chainOf(ssl_.get(), server_)) pem += toPEM(each.get());
  return pem;
}

bool TlsFilter::peerVerified() const noexcept {
  return established_ && SSL_get0_peer_certificate(ssl_.get()) != nullptr &&
         SSL_get_verify_result(ssl_.get()) == X509_V_OK;
}

}  // namespace ropewalk::ssl::detail
