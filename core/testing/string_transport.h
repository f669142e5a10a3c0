// StringTransport: a Transport that keeps what is written to it.
// Testing a protocol needs no socket.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "ropewalk/core/net/protocol.h"
#include "ropewalk/core/net/stream/outflow.h"
#include "ropewalk/core/net/succession.h"
#include "ropewalk/core/net/transport.h"

namespace ropewalk::testing {

/// Records what a protocol does to its connection. Nothing happens by itself: the test plays the
/// peer and the kernel.
///
///     StringTransport transport;
///     Echo protocol;
///     transport.connect(protocol);  // or protocol.makeConnection(transport)
///     protocol.dataReceived("hello\r\n");
///     CHECK(transport.value() == "hello\r\n");
///     transport.lose();  // the protocol sees connectionLost(ConnectionDone)
///
/// Owned by the test; a protocol that is still connected when it goes is lost then. After stall()
/// writes count as pending, as for a peer that does not read: a push producer is paused above 64
/// KiB (P-02); drain() is the kernel taking it all. A pull producer is asked once when it registers
/// and once by each drain() (P-03).
class StringTransport : public Transport {
 public:
  enum class ProducerState { producing, paused, stopped };
  /// What pauseProducing and resumeProducing do once the connection is closing. The real transports
  /// ignore them (S-10), so lenient is the default; strict throws std::logic_error, which finds
  /// protocols that did not mean to.
  enum class Strictness { lenient, strict };

  explicit StringTransport(Strictness strictness = Strictness::lenient) : strictness_(strictness) {}
  StringTransport(const StringTransport&) = delete;
  StringTransport& operator=(const StringTransport&) = delete;
  ~StringTransport() override;

  // What the test does.

  /// Makes the connection, and remembers whom lose() has to tell.
  void connect(Protocol& protocol);
  /// Ends the connection: stops the producer (P-04), fails drained(), then calls connectionLost.
  /// Does nothing the second time.
  void lose(const Failure& reason = Failure::connectionDone());
  /// The same for a protocol that was connected by makeConnection.
  void lose(Protocol& protocol, const Failure& reason = Failure::connectionDone());
  /// From now on writes stay pending.
  void stall() noexcept { stalled_ = true; }
  /// The kernel takes everything: fires drained() and writeDrained(), resumes the producer. Writes
  /// stay pending after it, too.
  void drain();
  /// Connects the protocol that has taken over by replaceProtocol, and hands it what was left for it:
  /// to be called where the callback of the old one has returned.
  /// @return it, owned by the transport; null when none has taken over
  Protocol* settle();
  /// The connection counts as one that came by a listening port.
  void setAccepted() noexcept { accepted_ = true; }
  /// What getHost() and getPeer() give; 10.0.0.1:1234 and 192.168.1.1:54321 unless they are set.
  void setHost(Address host) { host_ = std::move(host); }
  void setPeer(Address peer) { peer_ = std::move(peer); }
  /// For protocols that need timers: what reactor() gives.
  void setReactor(Reactor& reactor) noexcept { reactor_ = &reactor; }

  // What the test asks.

  /// Everything written since the start, or the last clear().
  [[nodiscard]] const std::string& value() const noexcept { return written_; }
  void clear() noexcept { written_.clear(); }
  /// value() and clear() in one.
  [[nodiscard]] std::string take() { return std::exchange(written_, {}); }
  /// Whether the protocol wants data: stopped once it asked for the end.
  [[nodiscard]] ProducerState producerState() const noexcept { return state_; }
  [[nodiscard]] bool producing() const noexcept { return state_ == ProducerState::producing; }
  [[nodiscard]] bool paused() const noexcept { return state_ == ProducerState::paused; }
  [[nodiscard]] bool stopped() const noexcept { return state_ == ProducerState::stopped; }
  /// Whether abortConnection was called.
  [[nodiscard]] bool aborted() const noexcept { return aborted_; }
  /// Whether loseWriteConnection was called.
  [[nodiscard]] bool writeConnectionClosed() const noexcept { return writeClosed_; }
  /// What the protocol registered; null when nothing.
  [[nodiscard]] Producer* producer() const noexcept { return outflow_.producer(); }
  [[nodiscard]] Streaming streaming() const noexcept { return outflow_.streaming(); }

  // Transport.

  using Transport::write;
  void write(std::string_view data) override;
  /// Reads the file into value().
  void writeFile(SharedFd file, std::uint64_t offset, std::uint64_t length) override;
  [[nodiscard]] std::size_t pending() const noexcept override { return outflow_.pending(); }
  [[nodiscard]] std::uint64_t taken() const noexcept override { return taken_; }
  [[nodiscard]] Deferred<void> drained() override;
  void loseConnection() override;
  void abortConnection() override;
  void loseWriteConnection() override;
  void pauseProducing() override;
  void resumeProducing() override;
  void registerProducer(Producer& producer, Streaming streaming) override;
  void unregisterProducer() override;
  /// Throws std::logic_error for a protocol that was not connected by connect(): it is not known.
  void replaceProtocol(std::unique_ptr<Protocol> next, std::string rest) override;
  [[nodiscard]] Deferred<void> opened() override;
  [[nodiscard]] Address getPeer() const override { return peer_; }
  [[nodiscard]] Address getHost() const override { return host_; }
  [[nodiscard]] bool connected() const noexcept override { return connected_; }
  [[nodiscard]] bool accepted() const noexcept override { return accepted_; }
  [[nodiscard]] bool disconnecting() const noexcept override { return disconnecting_; }
  [[nodiscard]] Reactor& reactor() const override;

 private:
  bool mayChangeFlow(std::string_view what) const;

  Strictness strictness_;
  std::string written_;
  std::uint64_t taken_ = 0;
  ProducerState state_ = ProducerState::producing;
  bool connected_ = true;
  bool accepted_ = false;
  bool disconnecting_ = false;
  bool aborted_ = false;
  bool writeClosed_ = false;
  bool stalled_ = false;
  Address host_ = Address::IPv4("10.0.0.1", 1234);
  Address peer_ = Address::IPv4("192.168.1.1", 54321);
  Handle<Protocol> protocol_;
  std::unique_ptr<Protocol> owned_;  // has taken over; then protocol_ is it
  Outflow outflow_;
  Succession succession_;
  Reactor* reactor_ = nullptr;
};

}  // namespace ropewalk::testing
