// Prelude: what a client says to whoever answers first, before its own protocol begins: CONNECT to
// a proxy, STARTTLS to a mail server.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/net/protocol.h"
#include "ropewalk/core/service/policies/protocol_wrapper.h"

namespace ropewalk {

/// Owns the protocol that is to follow, which hears nothing, connectionMade included, until open().
/// From then on every event is passed on. Where it is refused the inner protocol never hears of the
/// connection.
///
///     talking ──open()──▶ open: the inner protocol has the connection
///        └──refuse(), the connection is lost──▶ over: opened() has failed
///
///     struct Greeting : Prelude {
///       using Prelude::Prelude;
///       void begin() override { transport().write("hello\r\n"); }
///       void answered(std::string_view data) override { open(data); }
///       Failure closedEarly(const Failure& reason) override { return reason; }
///     };
class Prelude : public TransportWrapper {
 public:
  using TransportWrapper::TransportWrapper;

  /// Fires with the inner protocol once it has the connection; fails with what refuse() was given,
  /// or with what closedEarly makes of the loss. Cancelling aborts the connection. Once.
  [[nodiscard]] Deferred<Handle<Protocol>> opened();

  void connectionMade() override { begin(); }
  void dataReceived(std::string_view data) override;
  void readConnectionLost() override;
  void writeConnectionLost() override;
  void writeDrained() override;
  void handshakeCompleted() override;
  void transportReplaced() override;
  void connectionLost(const Failure& reason) override;
  void pauseProducing() override;
  void resumeProducing() override;

 protected:
  /// The connection is there.
  virtual void begin() = 0;
  /// Bytes that came before open() or refuse().
  virtual void answered(std::string_view data) = 0;
  /// The TLS below is there; only before open().
  virtual void secured() {}
  /// How the loss of the connection before open() is told.
  [[nodiscard]] virtual Failure closedEarly(const Failure& reason) = 0;

  /// Gives the connection to the inner protocol.
  /// @param rest  bytes that came behind the prelude, and belong to it
  void open(std::string_view rest);
  /// Gives the connection up.
  void refuse(const Failure& why);
  [[nodiscard]] bool talking() const noexcept { return state_ == State::talking; }

 private:
  enum class State : std::uint8_t { talking, open, over };

  void settle(Result<Handle<Protocol>> outcome);
  void deliverRest();

  State state_ = State::talking;
  bool paused_ = false;
  bool settled_ = false;
  std::string rest_;  // behind the prelude, for an inner protocol that has paused
  std::optional<Result<Handle<Protocol>>> outcome_;
  std::optional<Source<Handle<Protocol>>> source_;
};

/// opened() of what a connect… call has made with a factory of Preludes.
[[nodiscard]] Deferred<Handle<Protocol>> preluded(Handle<Protocol> connected);

}  // namespace ropewalk
