// DatagramPort: a datagram socket on the loop, and the transport of its protocol.
// Private to core/net.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "datagram_buffers.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/base/fd.h"
#include "ropewalk/core/net/datagram.h"
#include "ropewalk/core/net/loop/loop.h"
#include "ropewalk/core/net/loop/watch.h"
#include "ropewalk/core/net/protocol.h"
#include "ropewalk/core/net/stream/detail/socket_file.h"
#include "ropewalk/core/net/stream/port.h"
#include "udp_socket.h"

namespace ropewalk::detail {

/// Receives in batches, with a bound on what is delivered in one turn; gathers what is written, and
/// sends it at the end of the turn. Owned by the loop until stop() has taken effect.
///
///     listening ──stop()──▶ stopping ──next turn──▶ stopped: stopProtocol, retired, socket closed
///         └────────────── disconnect(): the reactor stops ────────────────▲
class DatagramPort final : public Watch, public Port, public Flushable, public DatagramTransport {
 public:
  struct Options {
    std::size_t maxPacketSize = 8192;
    Address peer{};         ///< whom the socket is connected to
    bool coalesce = false;  ///< UDP_GRO has been set
    SocketFile file{};
    std::shared_ptr<Factory> factory{};  ///< to be told of the start and the end
  };

  DatagramPort(Loop& loop, UniqueFd socket, std::unique_ptr<DatagramProtocol> protocol,
               Options options);
  ~DatagramPort() override;

  /// After Loop::own(), groups and all: starts the protocol. Throws what startFactory and
  /// startProtocol throw; then the port is no more.
  void start();
  [[nodiscard]] DatagramProtocol& protocol() noexcept { return *protocol_; }

  // Port.
  void stop() override;
  [[nodiscard]] Deferred<void> stopped() override;

  // DatagramTransport.
  using DatagramTransport::write;
  void write(std::string_view data, const DatagramPeer& to) override;
  void write(std::string_view data) override;
  [[nodiscard]] std::span<char> reserve(std::size_t size) override;
  void commit(std::size_t size, const DatagramPeer& to) override;
  void stopListening() override { stop(); }
  void pauseProducing() override;
  void resumeProducing() override;
  [[nodiscard]] Address getHost() const override;
  [[nodiscard]] Address getPeer() const override { return peer_.address(); }
  [[nodiscard]] DatagramCounts counts() const override { return counts_; }
  [[nodiscard]] Reactor& reactor() const override;
  void joinGroup(std::string_view group, std::string_view interface) override;
  void leaveGroup(std::string_view group, std::string_view interface) override;
  void joinSourceGroup(std::string_view group, std::string_view source,
                       std::string_view interface) override;
  void leaveSourceGroup(std::string_view group, std::string_view source,
                        std::string_view interface) override;
  void setMulticastInterface(std::string_view interface) override;
  void setMulticastTTL(int hops) override;
  void setMulticastLoopback(bool on) override;
  void setBroadcastAllowed(bool on) override;

  // Watch.
  void disconnect() override;

  // Flushable.
  void flush() override;

 private:
  /// A datagram that came in one batch with the one that made its receiver pause.
  struct Held {
    std::string data;
    DatagramPeer peer;
    bool truncated;
  };
  /// What was received in this turn.
  struct Turn {
    std::size_t datagrams = 0;
    std::size_t bytes = 0;
    std::size_t failures = 0;  // in a row
  };
  /// What to do about a datagram that the kernel did not take.
  enum class Verdict : std::uint8_t { tryAgain, drop, wait };

  [[nodiscard]] std::size_t receiveSize() const noexcept;
  void readable() override;
  void writable() override;
  void notified() override;
  /// @return false when there is nothing more to receive in this turn
  bool receiveBatch(Turn& turn);
  [[nodiscard]] bool receiveFailed(int error, Turn& turn);
  void deliver(const DatagramInbox::Message& message);
  void deliver(const Datagram& datagram);
  void deliverHeld();
  void countDropped(std::uint32_t total) noexcept;
  void refused();
  void abandon();
  template <class F>
  void guarded(const char* what, F f);

  void checkLength(std::size_t size, const DatagramPeer& to) const;
  void append(std::size_t size, const DatagramPeer& to);
  [[nodiscard]] LocalAddress sourceFor(const DatagramPeer& to) const noexcept;
  void send();
  [[nodiscard]] Verdict sendFailed(int error, std::size_t first);
  void finish();

  UniqueFd socket_;
  std::unique_ptr<DatagramProtocol> protocol_;
  std::unique_ptr<DatagramOutbox> outbox_;  // while something is written
  DatagramPeer peer_;                       // known when connected
  const DatagramPeer* current_ = nullptr;   // while its datagram is being delivered
  DatagramCounts counts_;
  DatagramSender::Style style_;
  std::size_t maxPacketSize_;
  std::size_t reserved_ = 0;
  std::uint32_t lastDropCount_ = 0;  // as the kernel said last
  std::uint32_t refusals_ = 0;       // met while sending, to be told in the next turn
  std::deque<Held> held_;
  SocketFile file_;
  std::shared_ptr<Factory> factory_;
  std::vector<Source<void>> stopped_;
  bool coalesce_ : 1;
  bool blocked_ : 1 = false;  // the kernel's send buffer is full
  bool started_ : 1 = false;
  bool paused_ : 1 = false;  // by pauseProducing
  bool stopping_ : 1 = false;
  bool ended_ : 1 = false;
};

}  // namespace ropewalk::detail
