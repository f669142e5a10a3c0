// ThreadContext: how an OpenSSL context is set up, for a server and for a client.

#include <openssl/ssl.h>

#include <cstring>
#include <string_view>

#include "context_state.h"
#include "describe.h"
#include "error_queue.h"
#include "handshake_notes.h"
#include "key_log.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/text.h"
#include "verify.h"

namespace ropewalk::ssl::detail {

namespace {

// Mozilla's "intermediate" without finite-field Diffie-Hellman, which is slow and rarely needed.
constexpr const char* kCiphers12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kCiphers13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr int kSecurityLevel = 2;  // 112 bits: RSA 2048, SHA-256

void must(bool done, const char* what) {
  if (!done) throw ContextError(format("cannot set up TLS: {}: {}", what, drainErrors()));
}

std::string wireFormat(const std::vector<std::string>& protocols) {
  std::string wire;
  for (const std::string& each : protocols) {
    if (each.empty() || each.size() > 255)
      throw ContextError(format("'{}' is no application protocol (ALPN): 1 to 255 bytes", each));
    wire += static_cast<char>(each.size());
    wire += each;
  }
  return wire;
}

int chooseProtocol(SSL* ssl, const unsigned char** out, unsigned char* size,
                   const unsigned char* offered, unsigned int offeredSize, void* /*unused*/) {
  const std::string& ours = contextOf(ssl).alpn();
  unsigned char* chosen = nullptr;
  const int found =
      SSL_select_next_proto(&chosen, size, reinterpret_cast<const unsigned char*>(ours.data()),
                            static_cast<unsigned int>(ours.size()), offered, offeredSize);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;  // RFC 7301 §3.2
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

/// Only to have the name kept, and acknowledged (RFC 6066 §3).
int acknowledgeName(SSL* ssl, int* /*alert*/, void* /*unused*/) {
  return SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) != nullptr ? SSL_TLSEXT_ERR_OK
                                                                       : SSL_TLSEXT_ERR_NOACK;
}

X509StackPtr stackOf(const std::vector<X509Ptr>& certificates) {
  X509StackPtr stack(sk_X509_new_null());
  for (const X509Ptr& each : certificates) sk_X509_push(stack.get(), each.get());
  return stack;
}

/// The certificates of the name that the client asked for; the default ones are in place.
int chooseCertificate(SSL* ssl, void* /*unused*/) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr) return 1;
  const auto* pairs = contextOf(ssl).material().pairsFor(name);
  if (pairs == nullptr) return 1;
  SSL_certs_clear(ssl);  // a default one of another kind of key must not be chosen
  for (const KeyPair* each : *pairs) {
    const X509StackPtr chain = stackOf(each->chain);
    if (SSL_use_cert_and_key(ssl, each->certificate.get(), each->key.get(), chain.get(), 1) != 1)
      return 0;
  }
  return 1;
}

int sealTicket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
               EVP_MAC_CTX* mac, int sealing) {
  TicketKeys& keys = contextOf(ssl).state().tickets();
  if (sealing == 1) return keys.seal(name, iv, cipher, mac);
  // A ticket of TLS 1.3 is for one use (RFC 8446 §C.4): the client needs another one.
  return keys.open(name, iv, cipher, mac, SSL_version(ssl) == TLS1_3_VERSION);
}

int giveStaple(SSL* ssl, void* /*unused*/) {
  const Material& material = contextOf(ssl).material();
  const bool isDefault = SSL_get_certificate(ssl) == material.pairs.front().certificate.get();
  if (material.ocspStaple.empty() || !isDefault) return SSL_TLSEXT_ERR_NOACK;
  const std::string& der = material.ocspStaple;
  void* copy = OPENSSL_memdup(der.data(), der.size());  // OpenSSL frees it
  SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(der.size()));
  return SSL_TLSEXT_ERR_OK;
}

int keepSession(SSL* ssl, SSL_SESSION* session) {
  const HandshakeNotes* notes = notesOf(ssl);
  if (notes == nullptr || notes->session.empty()) return 0;
  contextOf(ssl).sessions().put(notes->session, SessionPtr(session));
  return 1;  // it is ours now
}

void logSecret(const SSL* ssl, const char* line) { contextOf(ssl).state().keyLog()->add(line); }

}  // namespace

ThreadContext& contextOf(const SSL* ssl) {
  return *static_cast<ThreadContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
}

ThreadContext::ThreadContext(ContextState& state, std::shared_ptr<const Material> material)
    : state_(state),
      material_(std::move(material)),
      context_(SSL_CTX_new(state.isServer() ? TLS_server_method() : TLS_client_method())) {
  must(context_ != nullptr, "no memory");
  SSL_CTX_set_app_data(get(), this);
  state.isServer() ? setUpServer(state.server()) : setUpClient(state.client());
  if (state.keyLog() != nullptr) SSL_CTX_set_keylog_callback(get(), &logSecret);
}

void ThreadContext::common(Profile profile, const std::string& curves,
                           const std::vector<std::string>& alpn) {
  SSL_CTX_set_security_level(get(), kSecurityLevel);
  const int least = profile == Profile::modern ? TLS1_3_VERSION : TLS1_2_VERSION;
  must(SSL_CTX_set_min_proto_version(get(), least) == 1, "the protocol version");
  must(SSL_CTX_set_max_proto_version(get(), 0) == 1, "the protocol version");
  must(SSL_CTX_set_cipher_list(get(), kCiphers12) == 1, "the cipher suites");
  must(SSL_CTX_set_ciphersuites(get(), kCiphers13) == 1, "the cipher suites");
  must(SSL_CTX_set1_groups_list(get(), curves.c_str()) == 1, "the curves");
  SSL_CTX_set_options(get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // An idle connection owns no record buffers, unless it keeps them (RecordBuffers). Writes may
  // come from another place when repeated.
  SSL_CTX_set_mode(get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // A record is taken from the wire at once, not first its head and then its body.
  SSL_CTX_set_read_ahead(get(), 1);
  alpn_ = wireFormat(alpn);
  for (const KeyPair& each : material_->pairs) use(each);
}

/// The default certificate, and those that share its names: another kind of key for older clients.
void ThreadContext::use(const KeyPair& pair) {
  const KeyPair& first = material_->pairs.front();
  if (&pair != &first && pair.names != first.names) return;
  const X509StackPtr chain = stackOf(pair.chain);
  if (SSL_CTX_use_cert_and_key(get(), pair.certificate.get(), pair.key.get(), chain.get(), 1) !=
      1) {
    throw ContextError(format("{}: certificate {} with a key of {} is not accepted: {}", pair.file,
                              shortName(pair.certificate.get()), keyText(pair.key.get()),
                              drainErrors()));
  }
}

void ThreadContext::setUpServer(const ServerOptions& options) {
  common(options.profile, options.curves, options.alpn);
  SSL_CTX_set_options(get(), SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_tlsext_servername_callback(get(), &acknowledgeName);
  if (!alpn_.empty()) SSL_CTX_set_alpn_select_cb(get(), &chooseProtocol, nullptr);
  if (material_->pairs.size() > 1) SSL_CTX_set_cert_cb(get(), &chooseCertificate, nullptr);
  if (!material_->ocspStaple.empty()) SSL_CTX_set_tlsext_status_cb(get(), &giveStaple);

  const std::string_view name = "ropewalk";
  SSL_CTX_set_session_id_context(get(), reinterpret_cast<const unsigned char*>(name.data()),
                                 static_cast<unsigned int>(name.size()));
  SSL_CTX_set_session_cache_mode(get(),
                                 options.sessionCache ? SSL_SESS_CACHE_SERVER : SSL_SESS_CACHE_OFF);
  // Each ticket costs a seventh of a handshake: one is enough, the client gets a new one each time.
  SSL_CTX_set_num_tickets(get(), options.tickets ? 1 : 0);
  if (!options.tickets) SSL_CTX_set_options(get(), SSL_OP_NO_TICKET);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(get(), &sealTicket);
  verifyClients(get(), options, *material_);
}

void ThreadContext::setUpClient(const ClientOptions& options) {
  common(options.profile, options.curves, options.alpn);
  if (!alpn_.empty()) {
    SSL_CTX_set_alpn_protos(get(), reinterpret_cast<const unsigned char*>(alpn_.data()),
                            static_cast<unsigned int>(alpn_.size()));
  }
  if (options.resume) {
    SSL_CTX_set_session_cache_mode(get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(get(), &keepSession);
  }
  verifyServers(get(), options, *material_);
}

}  // namespace ropewalk::ssl::detail
