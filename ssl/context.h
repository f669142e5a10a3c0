// Context: the certificates, keys and rules of one side of TLS. Made once, used for any number of
// connections, replaced while they run.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "certificate.h"
#include "errors.h"
#include "ropewalk/core/async/clock.h"

namespace ropewalk {
class Reactor;
}

namespace ropewalk::ssl {

/// What is spoken. Named after Mozilla's recommendations.
enum class Profile : std::uint8_t {
  modern,        ///< TLS 1.3 only
  intermediate,  ///< TLS 1.2 with forward secrecy and AEAD, and TLS 1.3
};

/// What a server does about certificates of clients.
enum class ClientCertificates : std::uint8_t {
  none,     ///< does not ask
  request,  ///< asks; one that is not valid ends the handshake, none at all is accepted
  require,  ///< none ends the handshake too
};

/// The files of one certificate. PEM throughout.
struct CertificateFiles {
  std::string certificate;  ///< its chain may follow in the same file
  std::string key;          ///< empty: the same file as the certificate
  std::string chain{};     ///< the intermediate certificates, where they are in a file of their own
  std::string password{};  ///< of an encrypted key
  std::string passwordFile{};  ///< … or a file with it in its first line
};

/// What a server shows, and what it asks of clients. Files are PEM unless it is said otherwise.
struct ServerOptions {
  std::string certificate{};  ///< the certificate of names that nothing else is for
  std::string key{};          ///< empty: in the same file
  std::string chain{};
  std::string password{};      ///< of encrypted keys: this one, and those of sniDirectory
  std::string passwordFile{};  ///< … or a file with it in its first line
  /// More certificates, chosen by the name that the client asks for (SNI). One for the same names
  /// with another kind of key (RSA beside ECDSA) is used for clients that need it.
  std::vector<CertificateFiles> more{};
  /// A directory of *.pem, walked with its subdirectories: keys are matched to certificates by
  /// their public keys, so certbot's live/ fits. Without `certificate` the first by name is for the
  /// names that nothing else is for.
  std::string sniDirectory{};
  /// Certificate of a development authority for localhost, made when it is not there yet
  /// (ssl/development.h). Instead of the above.
  bool development = false;
  /// Names that must be covered; a set that does not is refused.
  std::vector<std::string> names{};

  Profile profile = Profile::intermediate;
  /// In the order of preference; empty: no ALPN. A client that offers only others is refused
  /// (RFC 7301 §3.2).
  std::vector<std::string> alpn{};
  std::string curves = "X25519:P-256:P-384";  ///< key exchange groups, best first

  ClientCertificates clientCertificates = ClientCertificates::none;
  /// Authorities of clients' certificates, root or not: a file or a directory of PEM.
  std::string clientCA{};

  bool tickets = true;  ///< session tickets: one for each full handshake
  /// Keys of 80 bytes, binary or a line of base64 each, for several servers to share. The first
  /// encrypts, all decrypt. Empty: random ones in memory, replaced every 12 hours.
  std::string ticketKeys{};
  bool sessionCache = false;  ///< TLS 1.2 session ids kept in memory
  std::string ocspStaple{};   ///< a DER file of the OCSP response for `certificate`
  /// Appends the secrets of each session to this file (SSLKEYLOGFILE). Never in production.
  std::string keyLog{};
  /// Sent to whoever makes an HTTP request in the clear, before the connection ends
  /// (http::useHttpsAnswer()). Empty: nothing.
  std::string plaintextAnswer{};

  Duration handshakeTimeout = std::chrono::seconds(10);
  Duration closeTimeout = std::chrono::seconds(5);  ///< for the peer's close_notify, after ours
  /// What the age of ticket keys goes by, on any thread. Empty: the system's steady clock.
  std::function<TimePoint()> now{};
};

/// Where trust comes from, and what is shown to servers.
struct ClientOptions {
  /// Authorities: a file or a directory of PEM; empty: the system's. Instead of those, not beside.
  /// Whom it names is trusted, root or not: an intermediate authority, or a server's own
  /// certificate. The names are checked all the same.
  std::string trust{};
  bool verify = true;         ///< off: anybody may answer. For tests
  std::string certificate{};  ///< our own, for servers that ask
  std::string key{};
  std::string password{};      ///< of an encrypted key
  std::string passwordFile{};  ///< … or a file with it in its first line
  /// Base64 of SHA-256 of a public key (CertificateInfo::pin): one certificate of the chain must
  /// have one of these, besides being valid.
  std::vector<std::string> pins{};
  Profile profile = Profile::intermediate;
  std::vector<std::string> alpn{};
  std::string curves = "X25519:P-256:P-384";
  /// Keeps session tickets in memory, for later connections to the same server.
  bool resume = true;
  std::string keyLog{};  ///< as a server's

  Duration handshakeTimeout = std::chrono::seconds(10);
  Duration closeTimeout = std::chrono::seconds(5);
};

/// Counts since the context was made, over all threads.
struct HandshakeCounts {
  std::uint64_t completed = 0;
  std::uint64_t resumed = 0;  ///< of these
  std::uint64_t failed = 0;
  std::array<std::uint64_t, kHandshakeFailures> failures{};  ///< by HandshakeFailure
};

namespace detail {
class ContextState;
}

/// A handle: copies share one set. Any thread; each thread builds its own OpenSSL context from the
/// set when it first needs it.
///
///     auto context = ssl::Context::server({.certificate = "cert.pem", .key = "key.pem"});
///     reactor.listenTCP(8443, ssl::wrap(context, site));
///     context.watch(reactor);  // loads the files again when they have changed
class Context {
 public:
  /// Loads and checks everything: keys fit their certificates, chains are in order, nothing has
  /// expired. Throws ContextError.
  static Context server(ServerOptions options);
  /// Likewise.
  static Context client(ClientOptions options = ClientOptions());

  /// Loads the files again, whole, checks them, and then serves them to new connections; those that
  /// are open keep what they have. Throws ContextError, and leaves the old set in place.
  void reload() const;
  /// Looks at the files every `interval`, and reloads when they have changed and then stayed as
  /// they are for one interval. What happens is logged; a bad set leaves the old one in place. Ends
  /// with the reactor, or when the last copy of the context goes.
  /// @param reactor  whose thread does it
  void watch(Reactor& reactor, Duration interval = std::chrono::seconds(5)) const;

  [[nodiscard]] bool isServer() const noexcept;
  /// The certificates that are served now, the default first.
  [[nodiscard]] std::vector<CertificateInfo> certificates() const;
  /// Of all threads together.
  [[nodiscard]] HandshakeCounts handshakes() const noexcept;

  /// For the parts of ssl/ only.
  [[nodiscard]] detail::ContextState& state() const noexcept { return *state_; }
  explicit Context(std::shared_ptr<detail::ContextState> state) : state_(std::move(state)) {}

 private:
  std::shared_ptr<detail::ContextState> state_;
};

}  // namespace ropewalk::ssl
