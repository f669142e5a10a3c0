// ContextState: what the copies of a Context share. ThreadContext: one thread's OpenSSL context
// made of it.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "client_sessions.h"
#include "material.h"
#include "openssl.h"
#include "record_buffers.h"
#include "ropewalk/ssl/context.h"
#include "ticket_keys.h"

namespace ropewalk::ssl::detail {

class KeyLog;
class ThreadContext;

/// Any thread.
class ContextState : public std::enable_shared_from_this<ContextState> {
 public:
  using Options = std::variant<ServerOptions, ClientOptions>;

  /// Loads and checks. Throws ContextError.
  explicit ContextState(Options options);
  ~ContextState();

  [[nodiscard]] bool isServer() const noexcept { return options_.index() == 0; }
  [[nodiscard]] const ServerOptions& server() const { return std::get<ServerOptions>(options_); }
  [[nodiscard]] const ClientOptions& client() const { return std::get<ClientOptions>(options_); }
  [[nodiscard]] Duration handshakeTimeout() const noexcept { return handshakeTimeout_; }
  [[nodiscard]] Duration closeTimeout() const noexcept { return closeTimeout_; }

  /// Throws ContextError, and changes nothing.
  void reload();
  [[nodiscard]] std::shared_ptr<const Material> material() const;
  [[nodiscard]] std::vector<std::string> files() const;

  /// This thread's, made anew when the set has changed. Throws ContextError.
  [[nodiscard]] std::shared_ptr<ThreadContext> forThisThread();

  [[nodiscard]] TicketKeys& tickets() noexcept { return tickets_; }
  /// Null unless the options ask for one.
  [[nodiscard]] KeyLog* keyLog() const noexcept { return keyLog_.get(); }

  void countCompleted(bool resumed) noexcept;
  void countFailed(HandshakeFailure reason) noexcept;
  [[nodiscard]] HandshakeCounts counts() const noexcept;

 private:
  [[nodiscard]] std::shared_ptr<const Material> load() const;

  const Options options_;
  Duration handshakeTimeout_;
  Duration closeTimeout_;
  TicketKeys tickets_;
  std::unique_ptr<KeyLog> keyLog_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Material> material_;  // under mutex_
  std::atomic<std::uint64_t> generation_{1};
  std::atomic<std::uint64_t> completed_{0};
  std::atomic<std::uint64_t> resumed_{0};
  std::array<std::atomic<std::uint64_t>, kHandshakeFailures> failed_{};
};

/// One thread's. Shared by its connections, which may outlive a reload; so it keeps its material,
/// and they keep the state.
class ThreadContext {
 public:
  ThreadContext(ContextState& state, std::shared_ptr<const Material> material);

  [[nodiscard]] SSL_CTX* get() const noexcept { return context_.get(); }
  [[nodiscard]] const Material& material() const noexcept { return *material_; }
  [[nodiscard]] ContextState& state() const noexcept { return state_; }
  [[nodiscard]] ClientSessions& sessions() noexcept { return sessions_; }
  [[nodiscard]] RecordBuffers& buffers() noexcept { return buffers_; }
  /// For ALPN: the protocols as they go on the wire.
  [[nodiscard]] const std::string& alpn() const noexcept { return alpn_; }

 private:
  void common(Profile profile, const std::string& curves, const std::vector<std::string>& alpn);
  void setUpServer(const ServerOptions& options);
  void setUpClient(const ClientOptions& options);
  void use(const KeyPair& pair);

  ContextState& state_;
  std::shared_ptr<const Material> material_;
  std::string alpn_;
  ClientSessions sessions_;
  RecordBuffers buffers_;
  SslContextPtr context_;
};

/// The ThreadContext of an SSL.
[[nodiscard]] ThreadContext& contextOf(const SSL* ssl);

}  // namespace ropewalk::ssl::detail
