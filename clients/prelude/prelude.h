// Prelude: what a client says to whoever answers first, before its own protocol begins: CONNECT to
// a proxy, STARTTLS to a mail server.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/net/protocol.h"

namespace ropewalk {

/// Owns the protocol that is to follow, which hears nothing until open(): then it takes the
/// connection over. Where it is refused that protocol never hears of the connection. A connect…
/// call that was given a factory of Preludes fires with the protocol behind it.
///
///     talking ──open()──▶ replaced: the next protocol has the connection
///        └──refuse(), the connection is lost──▶ over: the connect… call has failed
///
///     struct Greeting : Prelude {
///       using Prelude::Prelude;
///       void begin() override { transport().write("hello\r\n"); }
///       void answered(std::string_view data) override { open(data); }
///       Failure closedEarly(const Failure& reason) override { return reason; }
///     };
class Prelude : public Protocol {
 public:
  /// @param next  that is to follow
  explicit Prelude(std::unique_ptr<Protocol> next) : next_(std::move(next)) {}

  /// Fires with the next protocol once that has the connection and its own layers are open; fails
  /// with what refuse() was given, or with what closedEarly makes of the loss. Cancelling aborts the
  /// connection. Once.
  [[nodiscard]] Deferred<Handle<Protocol>> whenOpened() final;

  void connectionMade() final { begin(); }
  void dataReceived(std::string_view data) final;
  void readConnectionLost() final { transport().loseConnection(); }
  void handshakeCompleted() final;
  void connectionLost(const Failure& reason) final;

 protected:
  /// The connection is there.
  virtual void begin() = 0;
  /// Bytes that came before open() or refuse().
  virtual void answered(std::string_view data) = 0;
  /// The TLS below is there.
  virtual void secured() {}
  /// How the loss of the connection before open() is told.
  [[nodiscard]] virtual Failure closedEarly(const Failure& reason) = 0;

  /// Gives the connection to the next protocol; this one is not called any more.
  /// @param rest  bytes that came behind the prelude, and belong to the next
  void open(std::string_view rest);
  /// Gives the connection up.
  void refuse(const Failure& why);

 private:
  void settle(Result<Handle<Protocol>> outcome);

  std::unique_ptr<Protocol> next_;  // null once it is over
  std::optional<Result<Handle<Protocol>>> outcome_;
  std::optional<Source<Handle<Protocol>>> source_;
};

}  // namespace ropewalk
