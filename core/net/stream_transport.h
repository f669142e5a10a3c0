// StreamTransport: a Transport over descriptors: TCP, UNIX, pipes, stdio. Private to core/net;
// users see Transport.
#pragma once

#include <memory>
#include <vector>

#include "ropewalk/core/net/loop.h"
#include "ropewalk/core/net/output_chain.h"
#include "ropewalk/core/net/protocol.h"
#include "ropewalk/core/net/transport.h"
#include "ropewalk/core/net/watch.h"

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
  void writeFile(SharedFd file, std::uint64_t offset, std::uint64_t length) override;
  [[nodiscard]] std::size_t pending() const noexcept override {
    return lost() ? unsent_ : output_.size();
  }
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
  [[nodiscard]] Address getPeer() const override { return peer_; }
  [[nodiscard]] Address getHost() const override;
  void setTcpNoDelay(bool on) override;
  void setTcpKeepAlive(bool on) override;
  [[nodiscard]] bool connected() const noexcept override { return !lost(); }
  [[nodiscard]] bool disconnecting() const noexcept override { return disconnecting_ || lost(); }
  [[nodiscard]] bool accepted() const noexcept override { return accepted_; }
  [[nodiscard]] Reactor& reactor() const override;

  /// Before start(): it came by a listening port.
  void setAccepted() noexcept;
  void disconnect() override;
  void drain() override;

 private:
  /// What most connections never need.
  struct Extras {
    Producer* producer = nullptr;
    Streaming streaming = Streaming::push;
    bool paused = false;  // the producer
    std::vector<Source<void>> drains;
  };
  class OutputWatch;

  void readable() override;
  void writable() override;
  void notified() override;
  void flush() override;

  [[nodiscard]] bool lost() const noexcept { return reason_ != nullptr; }
  void nothingToRead();
  void readEnded();
  void lose(Failure reason);
  void finishLoss();
  void outputDrained();
  void outputFailed(const OutputChain::Sent& sent);
  void writeEnded();
  void tellDrained();
  void closeIfDone();
  void dropOutput() noexcept;
  void wroteMore();
  void adjustReading();
  [[nodiscard]] Extras& extras();
  [[nodiscard]] int outputFd() const noexcept {
    return separateOutput_ ? separateOutput_.get() : own_.get();
  }
  [[nodiscard]] ConnectionLost ioError(const char* action, int error) const;
  template <class F>
  void guarded(F f);

  UniqueFd own_;
  UniqueFd separateOutput_;
  OutputWatch* outputWatch_ = nullptr;
  std::unique_ptr<Protocol> protocol_;
  OutputChain output_;
  std::size_t unsent_ = 0;  // bytes that were dropped from it
  Address peer_;
  std::unique_ptr<Extras> extras_;
  std::unique_ptr<Failure> reason_;  // set once lost
  bool socket_ : 1 = true;
  bool accepted_ : 1 = false;
  bool full_ : 1 = false;    // answers wait that the peer does not take: its questions are not read
  bool paused_ : 1 = false;  // by pauseProducing
  bool readClosed_ : 1 = false;
  bool finishing_ : 1 = false;    // loseWriteConnection was called
  bool writeClosed_ : 1 = false;  // and has taken effect
  bool disconnecting_ : 1 = false;
  bool aborting_ : 1 = false;
  bool writeFailed_ : 1 = false;  // the peer takes no more; what it sent before is still read
  bool blocked_ : 1 = false;      // the kernel did not take everything at once
  bool tellDrained_ : 1 = false;  // in the next turn
  bool tellWriteLost_ : 1 = false;
  bool ended_ : 1 = false;  // connectionLost has been called, or is being called
};

}  // namespace ropewalk::detail
