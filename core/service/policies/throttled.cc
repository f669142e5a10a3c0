// The output queue of one throttled connection, and how it ends.
#include "ropewalk/core/service/policies/detail/throttled.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "ropewalk/core/base/error.h"
#include "ropewalk/core/base/log.h"

namespace ropewalk::detail {

namespace {

constexpr std::size_t kHighWater = std::size_t{64} * 1024;     // as the real transports (P-02)
constexpr std::size_t kStopReading = std::size_t{256} * 1024;  // a producer stays well below it

}  // namespace

Throttled::~Throttled() {
  if (!gone_) throttler_->leave(*this);
}

/// S-03: what a callback throws ends the connection.
template <class F>
void Throttled::guarded(F f) {
  try {
    f();
  } catch (...) {
    log::error("unhandled error in the protocol of {}: {}", transport().getPeer(),
               Failure::current().getTraceback());
    abortConnection();
  }
}

// Events.

void Throttled::connectionMade() {
  throttler_->join(*this);
  updateReading();
  TransportWrapper::connectionMade();
}

void Throttled::dataReceived(std::string_view data) {
  throttler_->received(*this, data.size());
  TransportWrapper::dataReceived(data);
}

void Throttled::writeDrained() {
  if (queue_.empty() && !announced_) TransportWrapper::writeDrained();
}

void Throttled::connectionLost(const Failure& reason) {
  gone_ = true;
  check_.clear();
  throttler_->leave(*this);
  dropQueue();
  if (Producer* const producer = std::exchange(producer_, nullptr)) {
    guarded([producer] { producer->stopProducing(); });
  }
  for (Source<void>& each : std::exchange(drains_, {})) {
    if (!each.called()) each.errback(reason);
  }
  TransportWrapper::connectionLost(reason);
}

// Reading.

void Throttled::pauseProducing() {
  pausedByProtocol_ = true;
  updateReading();
}

void Throttled::resumeProducing() {
  pausedByProtocol_ = false;
  updateReading();
}

void Throttled::updateReading() {
  if (queuedMemory_ > kStopReading) pausedByQueue_ = true;
  if (queuedMemory_ <= kHighWater) pausedByQueue_ = false;
  // S-04: a connection that closes is not read any more.
  const bool pause = pausedByProtocol_ || pausedByQueue_ || throttler_->readingPaused() ||
                     ending_ == Ending::closing;
  if (pause == readingPaused_ || transport().disconnecting()) return;
  readingPaused_ = pause;
  pause ? transport().pauseProducing() : transport().resumeProducing();
}

// Writing.

bool Throttled::takesWrites() const noexcept { return !gone_ && ending_ != Ending::finishing; }

std::size_t Throttled::mayWriteNow(std::uint64_t wanted) const noexcept {
  if (!queue_.empty() || belowFull_) return 0;
  return static_cast<std::size_t>(std::min<std::uint64_t>(wanted, throttler_->mayWriteNow()));
}

void Throttled::write(std::string_view data) {
  if (!throttler_->limitsWriting()) return TransportWrapper::write(data);
  if (!takesWrites() || data.empty()) return;
  const std::size_t now = mayWriteNow(data.size());
  if (now > 0) {
    throttler_->wrote(now);
    transport().write(data.substr(0, now));
  }
  if (now < data.size()) enqueue({std::string(data.substr(now)), {}, 0, data.size() - now});
  wroteMore();
}

void Throttled::write(std::string&& data) {
  if (!throttler_->limitsWriting()) return TransportWrapper::write(std::move(data));
  if (!takesWrites() || data.empty()) return;
  const std::size_t size = data.size();
  const std::size_t now = mayWriteNow(size);
  if (now > 0) throttler_->wrote(now);
  if (now == size) {
    transport().write(std::move(data));
  } else {
    if (now > 0) transport().write(std::string_view(data).substr(0, now));
    enqueue({std::move(data), {}, now, size - now});
  }
  wroteMore();
}

void Throttled::writeSequence(std::span<const std::string_view> pieces) {
  if (!throttler_->limitsWriting()) return TransportWrapper::writeSequence(pieces);
  for (const std::string_view piece : pieces) write(piece);
}

void Throttled::writeFile(SharedFd file, std::uint64_t offset, std::uint64_t length) {
  if (!throttler_->limitsWriting()) {
    return TransportWrapper::writeFile(std::move(file), offset, length);
  }
  if (!takesWrites() || length == 0) return;
  const std::size_t now = mayWriteNow(length);
  if (now > 0) {
    throttler_->wrote(now);
    transport().writeFile(file, offset, now);
  }
  if (now < length) enqueue({{}, std::move(file), offset + now, length - now});
  wroteMore();
}

void Throttled::enqueue(Piece piece) {
  queued_ += piece.left;
  if (!piece.file) queuedMemory_ += piece.left;
  queue_.push_back(std::move(piece));
  backlog_ = true;
}

void Throttled::wroteMore() {
  announced_ = false;
  if (queuedMemory_ > throttler_->options().maxQueuedBytes) {
    log::warn("{} is aborted: {} bytes wait for the throttle, more than maxQueuedBytes",
              transport().getPeer(), queuedMemory_);
    return abortConnection();
  }
  lookBelow();
  if (wantsTurn()) throttler_->waitToWrite(*this);
  updateReading();
  if (producer_ == nullptr) return;
  if (streaming_ == Streaming::pull) return checkSoon();
  if (producerPaused_ || pending() <= kHighWater) return;
  producerPaused_ = true;
  producer_->pauseProducing();
}

std::size_t Throttled::sendQueued(std::size_t most) {
  std::size_t sent = 0;
  while (sent < most && !queue_.empty()) {
    Piece& piece = queue_.front();
    const auto some = static_cast<std::size_t>(std::min<std::uint64_t>(most - sent, piece.left));
    if (piece.file) {
      transport().writeFile(piece.file, piece.offset, some);
    } else {
      transport().write(std::string_view(piece.bytes).substr(piece.offset, some));
      queuedMemory_ -= some;
    }
    queued_ -= some;
    piece.offset += some;
    piece.left -= some;
    sent += some;
    if (piece.left == 0) queue_.pop_front();
  }
  lookBelow();
  updateReading();
  if (queue_.empty()) {
    endIfDone();
    checkSoon();
  }
  return sent;
}

/// When the peer does not read, what is sent would only wait below, and be paid for: it waits here.
void Throttled::lookBelow() {
  if (belowFull_ || transport().pending() <= kHighWater) return;
  belowFull_ = true;
  awaitDrain();
}

void Throttled::awaitDrain() {
  if (std::exchange(awaitsDrain_, true)) return;
  lifetime().own(transport().drained().addCallbacks(
      [this] {
        awaitsDrain_ = false;
        belowFull_ = false;
        check();
      },
      [](const Failure&) {}));  // the end of the connection says it all
}

// When everything has gone. Producers and drained() must not be called back from inside a write, so
// that is looked at in a call of its own.

void Throttled::checkSoon() {
  if (check_.active()) return;
  check_ = throttler_->clock().callLater(Duration::zero(), [this] { check(); });
}

void Throttled::check() {
  if (gone_) return;
  if (!queue_.empty()) {
    if (wantsTurn()) throttler_->waitToWrite(*this);
    return;
  }
  if (transport().pending() > 0) return awaitDrain();
  announceDrained();
}

void Throttled::announceDrained() {
  announced_ = true;
  for (Source<void>& each : std::exchange(drains_, {})) {
    if (!each.called()) each.callback();
  }
  const bool due = producer_ != nullptr && queue_.empty() &&
                   (streaming_ == Streaming::pull || std::exchange(producerPaused_, false));
  if (due) guarded([this] { producer_->resumeProducing(); });
  if (gone_ || !queue_.empty() || !std::exchange(backlog_, false)) return;
  guarded([this] { TransportWrapper::writeDrained(); });
}

std::size_t Throttled::pending() const noexcept {
  return static_cast<std::size_t>(queued_) + transport().pending();
}

Deferred<void> Throttled::drained() {
  if (gone_ || queue_.empty()) return transport().drained();
  return drains_.emplace_back().deferred();
}

void Throttled::registerProducer(Producer& producer, Streaming streaming) {
  if (!throttler_->limitsWriting()) return TransportWrapper::registerProducer(producer, streaming);
  if (gone_ || !transport().connected()) return producer.stopProducing();
  if (producer_ != nullptr) {
    throw std::logic_error("cannot register a producer: another one has not been unregistered");
  }
  producer_ = &producer;
  streaming_ = streaming;
  producerPaused_ = false;
  if (streaming == Streaming::pull) producer.resumeProducing();
}

void Throttled::unregisterProducer() {
  if (!throttler_->limitsWriting()) return TransportWrapper::unregisterProducer();
  producer_ = nullptr;
  endIfDone();
}

// Ending.

void Throttled::loseConnection() {
  if (!throttler_->limitsWriting()) return TransportWrapper::loseConnection();
  if (gone_ || ending_ == Ending::closing) return;
  ending_ = Ending::closing;
  updateReading();
  endIfDone();
}

void Throttled::loseWriteConnection() {
  if (!throttler_->limitsWriting()) return TransportWrapper::loseWriteConnection();
  if (gone_ || ending_ != Ending::none) return;
  ending_ = Ending::finishing;
  endIfDone();
}

void Throttled::abortConnection() {
  ending_ = Ending::finishing;  // nothing is taken any more
  dropQueue();
  transport().abortConnection();
}

void Throttled::endIfDone() {
  if (!queue_.empty()) return;
  switch (ending_) {
    case Ending::none:
      return;
    case Ending::finishing:
      return transport().loseWriteConnection();
    case Ending::closing:
      if (producer_ == nullptr) transport().loseConnection();  // S-05
      return;
  }
}

void Throttled::dropQueue() noexcept {
  queue_.clear();
  queued_ = 0;
  queuedMemory_ = 0;
}

void Throttled::insertFilter(std::unique_ptr<Filter> filter) {
  while (!queue_.empty() && sendQueued(64 * 1024) > 0) {
  }
  TransportWrapper::insertFilter(std::move(filter));
}

bool Throttled::disconnecting() const noexcept {
  return ending_ == Ending::closing || transport().disconnecting();
}

}  // namespace ropewalk::detail
