// Transport: the wire below a Protocol. Twisted's ITransport and IPushProducer in one.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "address.h"
#include "consumer.h"
#include "ropewalk/core/base/fd.h"
#include "ropewalk/core/base/shared_bytes.h"

namespace ropewalk {

class Filter;
class Protocol;
class Reactor;

/// A byte stream to a peer: TCP, UNIX, TLS, a pipe, stdio, an SSH channel, or the
/// test kit's StringTransport. Who registers as its producer, or waits for drained(), finds those
/// in Consumer.
///
/// Owned by the reactor (or by the layer below it); a Protocol reaches it through transport(). One
/// thread. Writes never block, never fail and never call back, but for pauseProducing; they leave
/// at the end of the reactor's turn, gathered. After the connection is lost every call is ignored.
class Transport : public Consumer {
 public:
  /// Copies.
  virtual void write(std::string_view data) = 0;
  /// Takes over the string: no copy when it is large.
  virtual void write(std::string&& data) { write(std::string_view(data)); }
  /// Keeps the bytes until they are sent: no copy when they are many, for however many connections.
  virtual void write(SharedBytes data) {
    if (data) write(std::string_view(*data));
  }
  void write(const char* text) { write(std::string_view(text)); }
  /// Copies all of them, in order.
  virtual void writeSequence(std::span<const std::string_view> pieces) {
    for (const std::string_view piece : pieces) write(piece);
  }
  /// Sends `length` bytes of a regular file from `offset`, with sendfile where the wire allows. A
  /// file that turns out shorter ends the connection: the peer was promised more.
  virtual void writeFile(SharedFd file, std::uint64_t offset, std::uint64_t length) = 0;

  /// How many bytes the peer has taken so far, as far as the kernel tells; only differences mean
  /// something. For time-outs of peers that take nothing: pending() can stand still for minutes
  /// while a slow one still reads from what the kernel holds.
  [[nodiscard]] virtual std::uint64_t taken() const noexcept;

  /// Stops reading, sends what is pending (and waits for a registered producer to finish), then
  /// closes (S-04, S-05).
  virtual void loseConnection() = 0;
  /// Drops what is pending and resets the connection; connectionLost follows in
  /// a later turn (S-06).
  virtual void abortConnection() = 0;
  /// Sends what is pending, then tells the peer that no more comes; reading goes on (S-08).
  virtual void loseWriteConnection() = 0;

  /// Stop and resume the flow of dataReceived. Data already read is not lost (S-10).
  virtual void pauseProducing() = 0;
  virtual void resumeProducing() = 0;

  /// The other end; family none where there is none to name (a pipe, stdio).
  [[nodiscard]] virtual Address getPeer() const = 0;
  /// Our end; family none likewise, and after the loss.
  [[nodiscard]] virtual Address getHost() const = 0;
  /// Off means small writes of several turns may be merged by the kernel. TCP only; on by default,
  /// since the reactor gathers.
  virtual void setTcpNoDelay(bool /*on*/) {}
  /// Whether the kernel asks a silent peer now and then if it is still there; off by default.
  virtual void setTcpKeepAlive(bool /*on*/) {}

  /// False after the connection is lost, and before it is made.
  [[nodiscard]] virtual bool connected() const noexcept = 0;
  /// True once loseConnection or abortConnection was called.
  [[nodiscard]] virtual bool disconnecting() const noexcept = 0;
  /// The peer came to us, by a listening port: it asks, and we answer.
  [[nodiscard]] virtual bool accepted() const noexcept;
  /// The reactor that it lives on. Throws std::logic_error where there is none (lost,
  /// or a StringTransport).
  [[nodiscard]] virtual Reactor& reactor() const = 0;

  // Layers.

  /// The transport that this one runs over: a TLS layer's TCP, a wrapper's inner one.
  /// Null at the bottom.
  [[nodiscard]] virtual Transport* below() noexcept { return nullptr; }
  [[nodiscard]] const Transport* below() const noexcept {
    return const_cast<Transport*>(this)->below();
  }
  /// Puts a layer between this transport and the protocol that it carries, in mid-stream: STARTTLS
  /// (core/net/filter.h). What was written before is sent as it is. A registered producer goes on
  /// above the layer. Throws std::logic_error where that is not possible.
  virtual void insertFilter(std::unique_ptr<Filter> filter);

  /// Has another protocol take this connection over: an upgrade, CONNECT, what follows a header.
  /// Allowed inside any callback of the old one.
  ///
  /// At once the old one's producer is unregistered, and it gets its connectionLost, with
  /// ProtocolReplaced: so Handles to it are null, what its lifetime() owns is cancelled, its
  /// transport() swallows everything. It dies when the callback that runs has returned. Then `next`
  /// gets connectionMade, `rest`, and whatever comes from now on; a drain or the peer's end, if the
  /// old one was told of them, too. It is not paused, whatever the old one was. What was written
  /// before is sent before. Only the top changes: layers and wrappers below stay.
  ///
  ///     struct Switchboard : LineReceiver {
  ///       void lineReceived(std::string_view line) override {
  ///         if (line == "ECHO") transport().replaceProtocol(std::make_unique<wire::Echo>(), clearLineBuffer());
  ///       }
  ///     };
  ///
  /// Does nothing after the loss: `next` dies unheard. Throws std::logic_error where a transport
  /// cannot, or another one is about to take over already.
  /// @param rest  bytes that the old one has read, and the new one is to have
  virtual void replaceProtocol(std::unique_ptr<Protocol> next, std::string rest = {});
  /// Fires when the protocol above has the connection, and words go through: over TCP at once, over
  /// TLS after the handshake, while another takes over after its connectionMade. Fails with what
  /// ended the connection first.
  [[nodiscard]] virtual Deferred<void> opened();

  /// The transport of a protocol that has none: swallows everything.
  static Transport& null() noexcept;
};

}  // namespace ropewalk
