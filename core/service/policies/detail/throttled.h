// Throttled: one connection of throttle(). Throttler: the rates that they share.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ropewalk/core/async/token_bucket.h"
#include "ropewalk/core/base/fd.h"
#include "ropewalk/core/net/stream/outflow.h"
#include "ropewalk/core/service/policies/protocol_wrapper.h"
#include "ropewalk/core/service/policies/throttle.h"

namespace ropewalk::detail {

class Throttled;

/// Two rates, and who waits for them. Shared by the factory and its connections; one thread. It has
/// timers only while it has connections, so it may outlive their reactor.
class Throttler {
 public:
  explicit Throttler(const ThrottleOptions& options)
      : options_(options),
        reads_(options.readBytesPerSecond, options.burst),
        writes_(options.writeBytesPerSecond, options.burst) {}

  [[nodiscard]] const ThrottleOptions& options() const noexcept { return options_; }
  /// While there are connections.
  [[nodiscard]] Clock& clock() const noexcept { return *clock_; }
  [[nodiscard]] bool limitsWriting() const noexcept { return writes_.limited(); }

  void join(Throttled& connection);
  void leave(Throttled& connection) noexcept;

  /// Bytes that have come; when none are left, all connections pause.
  void received(Throttled& connection, std::size_t bytes);
  [[nodiscard]] bool readingPaused() const noexcept { return readingPaused_; }

  /// How much may be written at once; nothing while others wait.
  [[nodiscard]] std::size_t mayWriteNow() const noexcept;
  void wrote(std::size_t bytes) noexcept { writes_.take(bytes, clock_->now()); }
  /// Has the connection send from its queue when its turn comes.
  void waitToWrite(Throttled& connection);

 private:
  void pauseReading();
  void resumeReading();
  void serveWriters();
  void serveLater();

  ThrottleOptions options_;
  TokenBucket reads_;
  TokenBucket writes_;
  Clock* clock_ = nullptr;
  std::vector<Throttled*> connections_;  // in the order in which they read again after a pause
  std::deque<Throttled*> writers_;       // those who wait to write
  bool readingPaused_ = false;
  ScopedCall readTimer_;
  ScopedCall writeTimer_;
};

/// One connection: the transport of the protocol inside it. Where writing is not limited it only
/// passes things on; else it holds the output queue, and the producer who fills it.
class Throttled final : public TransportWrapper {
 public:
  Throttled(std::unique_ptr<Protocol> inner, std::shared_ptr<Throttler> throttler)
      : TransportWrapper(std::move(inner)), throttler_(std::move(throttler)) {}
  ~Throttled() override;

  // For the Throttler. None of it calls out.

  /// Pauses or resumes the real transport, as the rate, the queue and the protocol would have it.
  void updateReading();
  /// Sends up to `most` bytes of the queue. @return how many went
  std::size_t sendQueued(std::size_t most);
  [[nodiscard]] bool wantsTurn() const noexcept { return !queue_.empty() && !belowFull_; }

  // Protocol.

  void connectionMade() override;
  void dataReceived(std::string_view data) override;
  void writeDrained() override;
  void connectionLost(const Failure& reason) override;

  // Transport.

  using Transport::write;
  void write(std::string_view data) override;
  void write(std::string&& data) override;
  void writeSequence(std::span<const std::string_view> pieces) override;
  void writeFile(SharedFd file, std::uint64_t offset, std::uint64_t length) override;
  [[nodiscard]] std::size_t pending() const noexcept override;
  [[nodiscard]] Deferred<void> drained() override;
  void loseConnection() override;
  void abortConnection() override;
  void loseWriteConnection() override;
  void registerProducer(Producer& producer, Streaming streaming) override;
  void unregisterProducer() override;
  /// What waits here was written before: it leaves first, whatever the rate.
  void insertFilter(std::unique_ptr<Filter> filter) override;
  [[nodiscard]] bool disconnecting() const noexcept override;

 protected:
  void pauseBelow() override;
  void resumeBelow() override;

 private:
  /// A part of the output that waits: bytes from `offset` on, or `left` bytes of a file.
  struct Piece {
    std::string bytes;
    SharedFd file;
    std::uint64_t offset;
    std::uint64_t left;
  };
  /// How the protocol wants it to end, once the queue is empty.
  enum class Ending : std::uint8_t { none, finishing, closing };

  [[nodiscard]] bool takesWrites() const noexcept;
  [[nodiscard]] std::size_t mayWriteNow(std::uint64_t wanted) const noexcept;
  void enqueue(Piece piece);
  void wroteMore(std::uint64_t bytes);
  void lookBelow();
  void awaitDrain();
  void checkSoon();
  void check();
  void countTaken(std::uint64_t written) noexcept;
  void tellTaken();
  void endIfDone();
  void dropQueue() noexcept;
  template <class F>
  void guarded(F f);

  std::shared_ptr<Throttler> throttler_;
  std::deque<Piece> queue_;
  std::uint64_t queued_ = 0;      // bytes of the queue
  std::size_t queuedMemory_ = 0;  // of them, those that are in memory
  Outflow outflow_;
  Ending ending_ = Ending::none;
  bool gone_ = false;  // connectionLost was called
  bool pausedByProtocol_ = false;
  bool pausedByQueue_ = false;
  bool readingPaused_ = false;  // what the real transport was told
  bool belowFull_ = false;      // the peer does not read: what is pending there must go first
  bool awaitsDrain_ = false;
  bool backlog_ = false;    // something was queued, so writeDrained is due
  bool announced_ = false;  // that all has gone, and nothing was written since
  ScopedCall check_;
};

}  // namespace ropewalk::detail
