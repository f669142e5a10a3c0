// Protocol: what is said over one connection. Factory: makes one for each.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <tuple>
#include <utility>

#include "ropewalk/core/async/lifetime.h"
#include "ropewalk/core/base/failure.h"
#include "ropewalk/core/base/handle.h"
#include "transport.h"

namespace ropewalk {

class DatagramProtocol;

/// One end of one connection. Owned by its transport; lives on the reactor's thread.
///
/// The order of events (S-01): connectionMade once; dataReceived any number of times;
/// connectionLost once, last. Replaced by another (Transport::replaceProtocol), it hears
/// connectionLost with ProtocolReplaced, and its connection goes on. An exception that leaves one of them is logged and ends this
/// connection with that Failure, nothing else (S-03). Closing is allowed inside any of them; the
/// object lives on until the end of the reactor's turn. After connectionLost transport() is a null
/// object that swallows everything, and whatever lifetime() owns has been cancelled.
///
///     struct Echo : Protocol {
///       void dataReceived(std::string_view data) override { transport().write(data); }
///     };
class Protocol {
 public:
  Protocol() = default;
  Protocol(const Protocol&) = delete;
  Protocol& operator=(const Protocol&) = delete;
  virtual ~Protocol();

  virtual void connectionMade() {}
  /// @param data  never empty; dies when the call returns
  virtual void dataReceived(std::string_view data) = 0;
  /// @param reason  ConnectionDone when it was closed in order; else what ended it: ConnectionLost
  ///                or one of its kind, or what a callback has thrown (S-03)
  virtual void connectionLost(const Failure& /*reason*/) {}

  /// The peer will send no more (half close). By default that ends the connection, after what
  /// is pending was sent.
  virtual void readConnectionLost() { transport().loseConnection(); }
  /// Our own loseWriteConnection has taken effect.
  virtual void writeConnectionLost() {}
  /// TLS only: the peer is verified, the negotiated protocol known.
  virtual void handshakeCompleted() {}
  /// Everything written so far is with the kernel. Only after more was pending than the
  /// kernel took at once.
  virtual void writeDrained() {}

  /// The server is being shut down (core/net/drain.h): no more connections come, and this one is to
  /// end when what is in flight is finished; it has some seconds for that. Those that cannot tell
  /// what is in flight do nothing, which is the default, and are ended when time is up.
  virtual void drainBegun() {}

  /// Another layer was put below in mid-stream (STARTTLS): transport() is that layer from now on.
  /// Base classes throw away what they have received and not delivered:
  /// it came before, in the clear.
  virtual void transportReplaced() {}

  /// The protocol that this one carries: inside a wrapper, above a layer. Null for one that speaks
  /// for itself.
  [[nodiscard]] virtual Protocol* carried() noexcept { return nullptr; }
  /// Of wrappers whose inner protocol has the same transport as they: where the innermost lies.
  [[nodiscard]] virtual std::unique_ptr<Protocol>* innerPlace() noexcept { return nullptr; }
  /// Fires with this protocol once transport().opened() has; one that prepares the connection for
  /// another (a Prelude) gives that one. Fails with what ended the connection first. For whenOpened.
  [[nodiscard]] virtual Deferred<Handle<Protocol>> whenOpened();

  [[nodiscard]] Transport& transport() const noexcept { return *transport_; }
  /// Owns the Deferreds that this protocol waits for; they are cancelled before it dies, so their
  /// callbacks may use `this`.
  [[nodiscard]] Lifetime& lifetime();
  /// For Handle; ends right after connectionLost.
  [[nodiscard]] Life& life() noexcept { return life_; }

  /// Connects it to a transport and calls connectionMade: what reactors, filters and tests do.
  void makeConnection(Transport& transport);
  /// Calls connectionLost, cancels what lifetime() owns, and leaves the null transport: what
  /// transports and filters do.
  void endConnection(const Failure& reason);
  /// Puts the protocol on another transport of the same connection: what filters do.
  void switchTransport(Transport& transport);

 protected:
  void setTransport(Transport& transport) noexcept { transport_ = &transport; }

 private:
  friend class Succession;

  Transport* transport_ = &Transport::null();
  std::unique_ptr<Lifetime> lifetime_;
  Life life_;
};

/// An observer of a protocol: get() is null once its connection is lost.
template <class P>
[[nodiscard]] Handle<P> handleOf(P& protocol) {
  return {protocol, protocol.life()};
}

/// What a connect… call gives: the protocol that speaks, inside of all layers and wrappers and behind
/// a prelude, once it may (E-04). Fails with what ended the connection first; cancelling aborts it.
[[nodiscard]] Deferred<Handle<Protocol>> whenOpened(Handle<Protocol> connected);

/// Makes the protocols of a listening port, a client or a filter. Held by shared_ptr, so that one
/// may serve several ports; each port must be on the same thread.
class Factory {
 public:
  Factory() = default;
  Factory(const Factory&) = delete;
  Factory& operator=(const Factory&) = delete;
  virtual ~Factory() = default;

  /// A protocol for a connection from `peer`; null refuses it, and the connection is closed (S-11).
  virtual std::unique_ptr<Protocol> buildProtocol(const Address& peer) = 0;
  /// A protocol for a datagram port, so that one factory can serve tcp:// and udp:// (a DNS server
  /// does); null, by default, when it speaks streams only.
  virtual std::unique_ptr<DatagramProtocol> buildDatagramProtocol();
  /// Before the first port listens.
  virtual void startFactory() {}
  /// After the last port stopped.
  virtual void stopFactory() {}

  /// Counted start and stop, called by ports.
  void doStart();
  void doStop();
  [[nodiscard]] int numPorts() const noexcept { return ports_; }

 private:
  int ports_ = 0;
};

namespace detail {
template <class F>
class FunctionFactory final : public Factory {
 public:
  explicit FunctionFactory(F build) : build_(std::move(build)) {}
  std::unique_ptr<Protocol> buildProtocol(const Address& peer) override { return build_(peer); }

 private:
  F build_;
};
}  // namespace detail

/// A factory whose buildProtocol is `build`, a function from the peer's Address to a protocol.
///
///     auto factory = factoryOf([](const Address& peer) -> std::unique_ptr<Protocol> {
///       if (!peer.isLoopback()) return nullptr;
///       return std::make_unique<Echo>();
///     });
template <class F>
[[nodiscard]] std::shared_ptr<Factory> factoryOf(F build) {
  return std::make_shared<detail::FunctionFactory<F>>(std::move(build));
}

/// A factory that makes a P from the same arguments each time:
/// `factoryFor<Chatter>(std::ref(room))`.
template <class P, class... Args>
[[nodiscard]] std::shared_ptr<Factory> factoryFor(Args... args) {
  return factoryOf([arguments = std::tuple<Args...>(std::move(args)...)](const Address&) {
    return std::apply(
        [](const auto&... each) -> std::unique_ptr<Protocol> {
          return std::make_unique<P>(each...);
        },
        arguments);
  });
}

}  // namespace ropewalk
