// LoopbackEnd: the transport of one of the two protocols that a Pump connects.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "read_at.h"
#include "ropewalk/core/net/protocol.h"
#include "ropewalk/core/net/stream/outflow.h"
#include "ropewalk/core/net/succession.h"
#include "ropewalk/core/net/transport.h"
#include "ropewalk/core/testing/loopback.h"

namespace ropewalk::testing::detail {

/// One end. Owned by the Pump; its states are those of a real stream transport:
///
///     open ──loseConnection──▶ closing ──all on the wire, no producer──▶ lost
///       └──abortConnection, a reset, both halves closed, a callback threw──▲
///     lost ──next turn──▶ connectionLost
class LoopbackEnd final : public Transport {
 public:
  LoopbackEnd(Protocol& protocol, Address host, Address peer, const LoopbackOptions& options)
      : protocol_(&protocol),
        host_(std::move(host)),
        peerAddress_(std::move(peer)),
        options_(options) {}

  /// Owns the protocol, as real transports do.
  LoopbackEnd(std::unique_ptr<Protocol> protocol, Address host, Address peer,
              const LoopbackOptions& options)
      : LoopbackEnd(*protocol, std::move(host), std::move(peer), options) {
    owned_ = std::move(protocol);
  }

  void join(LoopbackEnd& peer) noexcept { peer_ = &peer; }
  /// Called when there may be something to do in a turn; where nobody pumps.
  void onTouched(UniqueFunction<void()> touched) { touched_ = std::move(touched); }
  void setAccepted() noexcept { accepted_ = true; }
  void made();
  void split(std::size_t most) noexcept { options_.split = most; }

  /// A turn of both, each step for this end and then for the other. @return whether anything happened
  static bool turn(LoopbackEnd& first, LoopbackEnd& second);
  // Its three steps; each says whether anything happened.
  bool notify();
  bool send();
  bool receive();
  /// Loses the connection, if it is not lost, and tells so now.
  void abandon(Failure reason);
  /// connectionLost has been called.
  [[nodiscard]] bool over() const noexcept { return notified_; }
  void drain();

  using Transport::write;
  void write(std::string_view data) override;
  void writeFile(SharedFd file, std::uint64_t offset, std::uint64_t length) override;
  [[nodiscard]] std::size_t pending() const noexcept override { return outflow_.pending(); }
  [[nodiscard]] Deferred<void> drained() override;
  void loseConnection() override;
  void abortConnection() override;
  void loseWriteConnection() override;
  void pauseProducing() override;
  void resumeProducing() override;
  void registerProducer(Producer& producer, Streaming streaming) override;
  void unregisterProducer() override;
  void insertFilter(std::unique_ptr<Filter> filter) override;
  void replaceProtocol(std::unique_ptr<Protocol> next, std::string rest) override;
  [[nodiscard]] Deferred<void> opened() override;
  [[nodiscard]] Address getPeer() const override { return peerAddress_; }
  [[nodiscard]] Address getHost() const override { return host_; }
  [[nodiscard]] bool connected() const noexcept override { return !reason_.has_value(); }
  [[nodiscard]] bool disconnecting() const noexcept override { return closing_ || !connected(); }
  [[nodiscard]] bool accepted() const noexcept override { return accepted_; }
  [[nodiscard]] Reactor& reactor() const override;

 private:
  /// Our half of the connection.
  enum class Out {
    open,
    finishing,  ///< loseWriteConnection was called,
    closed      ///< and has taken effect
  };

  void touch();
  void lose(Failure reason);
  void reset();
  bool deliver();
  void ended();
  void wentOut();
  bool settle();
  template <class F>
  void guarded(F f);
  template <class F>
  void tell(F f);

  Protocol* protocol_;
  /// What was put below the protocol in mid-stream, or has taken its place; then protocol_ is it.
  std::unique_ptr<Protocol> owned_;
  Handle<Protocol> handle_;
  LoopbackEnd* peer_ = nullptr;
  Address host_;
  Address peerAddress_;
  LoopbackOptions options_;
  UniqueFunction<void()> touched_;

  std::string outgoing_;  // written, and not on the wire yet
  std::string wire_;      // on its way to the peer
  Outflow outflow_;
  Succession succession_;
  std::optional<Failure> reason_;  // set once lost
  Out out_ = Out::open;
  bool closing_ = false;     // loseConnection was called
  bool paused_ = false;      // by pauseProducing
  bool readClosed_ = false;  // the peer's end was delivered
  bool wasReset_ = false;    // the peer aborted
  bool blocked_ = false;     // the wire did not take everything at once
  bool accepted_ = false;    // it came by a port
  bool notified_ = false;    // connectionLost was called
};

}  // namespace ropewalk::testing::detail
