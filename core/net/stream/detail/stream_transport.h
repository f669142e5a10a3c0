// StreamTransport: a Transport over descriptors: TCP, UNIX, pipes, stdio. Private to core/net;
// users see Transport.
#pragma once

#include <memory>
#include <optional>

#include "output_chain.h"
#include "ropewalk/core/net/loop/loop.h"
#include "ropewalk/core/net/loop/watch.h"
#include "ropewalk/core/net/protocol.h"
#include "ropewalk/core/net/stream/outflow.h"
#include "ropewalk/core/net/succession.h"
#include "ropewalk/core/net/transport.h"

namespace ropewalk::detail {

/// One open stream. Owned by the loop; owns its protocol and its descriptor.
///
///     reading   open ──end of the stream──▶ readClosed
///     writing   open ──loseWriteConnection──▶ finishing ──flushed──▶ writeClosed
///
///     both      open ──loseConnection──▶ disconnecting ──flushed, no producer──▶ lost
///                └───abortConnection, an error, both halves closed──────────────▲
///               lost ──next turn──▶ connectionLost ──end of that turn──▶ freed
///
/// Losing is always two steps: lose() notes the reason and stops everything; notified(), in
/// the next turn, calls connectionLost. So no callback ever arrives inside the call that
/// closed (S-01, S-06).
class StreamTransport final : public Transport, public Watch, private Flushable {
 public:
  /// @param output  another descriptor to write to, or none
  StreamTransport(Loop& loop, UniqueFd fd, Address peer, std::unique_ptr<Protocol> protocol,
                  UniqueFd output = UniqueFd());
  ~StreamTransport() override;

  /// After Loop::own(): connects the protocol, and starts reading.
  void start();
  [[nodiscard]] Protocol& protocol() noexcept { return *protocol_; }

  using Transport::write;
  void write(std::string_view data) override;
  void write(std::string&& data) override;
  void write(SharedBytes data) override;
  void writeSequence(std::span<const std::string_view> pieces) override;
  void writeFile(SharedFd file, std::uint64_t offset, std::uint64_t length) override;
  [[nodiscard]] std::size_t pending() const noexcept override { return unsent_ + output_.size(); }
  [[nodiscard]] std::uint64_t taken() const noexcept override;
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
  [[nodiscard]] Address getPeer() const override { return peer_; }
  [[nodiscard]] Address getHost() const override;
  void setTcpNoDelay(bool on) override;
  void setTcpKeepAlive(bool on) override;
  [[nodiscard]] bool connected() const noexcept override { return !lost(); }
  [[nodiscard]] bool disconnecting() const noexcept override { return ending_ != Ending::no; }
  [[nodiscard]] bool accepted() const noexcept override { return accepted_; }
  [[nodiscard]] Reactor& reactor() const override;

  /// Before start(): it came by a listening port.
  void setAccepted() noexcept;
  void disconnect() override;
  void drain() override;

 private:
  enum class Reading : std::uint8_t { open, paused, over };  // paused: by pauseProducing
  /// finishing: loseWriteConnection was called; failed: the peer takes no more, but what it sent
  /// before is still read.
  enum class Writing : std::uint8_t { open, finishing, failed, over };
  /// losing: loseConnection was called; told: connectionLost has been called, or is being called.
  enum class Ending : std::uint8_t { no, losing, lost, told };
  class OutputWatch;

  void readable() override;
  void writable() override;
  void notified() override;
  void flush() override;

  [[nodiscard]] bool lost() const noexcept { return ending_ >= Ending::lost; }
  void nothingToRead();
  void readEnded();
  void lose(Failure reason);
  void finishLoss();
  void outputDrained();
  void outputFailed(const OutputChain::Sent& sent);
  void writeEnded();
  void tellTaken();
  void closeIfDone();
  void dropOutput() noexcept;
  [[nodiscard]] bool takesWrites() const noexcept { return writing_ == Writing::open && !lost(); }
  void wroteMore(std::uint64_t bytes);
  void adjustReading();
  [[nodiscard]] int outputFd() const noexcept {
    return separateOutput_ ? separateOutput_.get() : own_.get();
  }
  [[nodiscard]] ConnectionLost ioError(const char* action, int error) const;
  template <class F>
  void guarded(F f);
  template <class F>
  void tell(F f);
  void settle();

  UniqueFd own_;
  UniqueFd separateOutput_;
  OutputWatch* outputWatch_ = nullptr;
  std::unique_ptr<Protocol> protocol_;
  OutputChain output_;
  Outflow outflow_;
  Succession succession_;
  std::size_t unsent_ = 0;  // bytes that were dropped
  Address peer_;
  std::unique_ptr<Failure> reason_;  // set once lost
  Reading reading_ = Reading::open;
  Writing writing_ = Writing::open;
  Ending ending_ = Ending::no;
  bool socket_ : 1 = true;
  bool accepted_ : 1 = false;
  bool full_ : 1 = false;  // answers wait that the peer does not take: its questions are not read
  bool aborting_ : 1 = false;       // the peer is to see a reset
  bool discards_ : 1 = false;       // what the peer sent after loseConnection
  bool blocked_ : 1 = false;        // the kernel did not take everything at once
  bool tellWriteLost_ : 1 = false;  // in the next turn
};

/// Watches the separate output descriptor of a stream that has one (stdio).
class StreamTransport::OutputWatch final : public Watch {
 public:
  OutputWatch(StreamTransport& stream, int fd) : Watch(stream.loop(), fd), stream_(stream) {}
  void disconnect() override {}
  void blocked() noexcept { writeBlocked(); }

 private:
  void writable() override { stream_.writable(); }

  StreamTransport& stream_;  // retires this watch before it dies
};

}  // namespace ropewalk::detail
