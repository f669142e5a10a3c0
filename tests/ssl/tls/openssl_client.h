// OpenSSLClient: what our own client cannot be told to do: TLS 1.2 only, session ids, to count its
// hellos.
#pragma once

#include <fcntl.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <functional>
#include <memory>

#include "tests/ssl/tls/tls_world.h"

namespace ropewalk {

/// One connection of OpenSSL's to a port of this process, which must turn its reactor meanwhile.
class OpenSSLClient {
 public:
  using Settings = std::function<void(SSL_CTX*)>;
  using Session = std::shared_ptr<SSL_SESSION>;

  OpenSSLClient(World& world, std::uint16_t port, const Settings& settings, Session session = {})
      : world_(world), socket_(port), context_(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free) {
    settings(context_.get());
    SSL_CTX_set_msg_callback(context_.get(), &OpenSSLClient::message);
    SSL_CTX_set_msg_callback_arg(context_.get(), this);
    ::fcntl(socket_.fd(), F_SETFL, O_NONBLOCK);
    ssl_.reset(SSL_new(context_.get()), &SSL_free);
    SSL_set_fd(ssl_.get(), socket_.fd());
    if (session) SSL_set_session(ssl_.get(), session.get());
  }

  /// The handshake. @return whether it was done
  bool connect() {
    return step([this] { return SSL_connect(ssl_.get()); });
  }
  /// The name that is asked for (SNI), sent as it stands. Before connect().
  void ask(const char* name) { SSL_set_tlsext_host_name(ssl_.get(), name); }
  /// Whether the server's certificate is for that name.
  [[nodiscard]] bool gotCertificateFor(const char* name) const {
    X509* const own = SSL_get0_peer_certificate(ssl_.get());
    return own != nullptr && X509_check_host(own, name, 0, 0, nullptr) == 1;
  }
  /// Waits for the first byte, and with it for a ticket of TLS 1.3.
  bool read() {
    char byte = 0;
    return step([&] { return SSL_read(ssl_.get(), &byte, 1); });
  }
  /// Says goodbye properly: a session that ends in another way is not resumed.
  void close() {
    SSL_shutdown(ssl_.get());
    socket_.finish();
  }

  [[nodiscard]] bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
  [[nodiscard]] Session session() const {
    return {SSL_get1_session(ssl_.get()), &SSL_SESSION_free};
  }
  [[nodiscard]] std::string group() const {
    const char* name = OBJ_nid2sn(static_cast<int>(SSL_get_negotiated_group(ssl_.get())));
    return name != nullptr ? name : "";
  }
  /// A second one answers a HelloRetryRequest (RFC 8446 §4.1.4).
  [[nodiscard]] int hellos() const { return hellos_; }

 private:
  static void message(int sent, int /*version*/, int type, const void* bytes, std::size_t size,
                      SSL* /*ssl*/, void* self) {
    const bool hello = sent == 1 && type == SSL3_RT_HANDSHAKE && size > 0 &&
                       *static_cast<const char*>(bytes) == SSL3_MT_CLIENT_HELLO;
    if (hello) ++static_cast<OpenSSLClient*>(self)->hellos_;
  }

  /// Again and again while it waits for the server.
  bool step(const std::function<int()>& call) {
    int status = 0;
    const bool settled = world_.until([&] {
      status = call();
      return status > 0 || SSL_get_error(ssl_.get(), status) != SSL_ERROR_WANT_READ;
    });
    return settled && status > 0;
  }

  World& world_;
  Client socket_;
  std::shared_ptr<SSL_CTX> context_;
  std::shared_ptr<SSL> ssl_;
  int hellos_ = 0;
};

}  // namespace ropewalk
