// The output queue of one throttled connection, and how it ends.
#include "ropewalk/core/service/policies/detail/throttled.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "ropewalk/core/base/error.h"
#include "ropewalk/core/base/log.h"

namespace ropewalk::detail {

namespace {

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
  countTaken(outflow_.written());  // what is pending below now never left
  dropQueue();
  guarded([&] { outflow_.lost(reason); });
  TransportWrapper::connectionLost(reason);
}

// Reading.

void Throttled::pauseBelow() {
  pausedByProtocol_ = true;
  updateReading();
}

void Throttled::resumeBelow() {
  pausedByProtocol_ = false;
  updateReading();
}

void Throttled::updateReading() {
  if (queuedMemory_ > kStopReading) pausedByQueue_ = true;
  if (queuedMemory_ <= Outflow::kHighWater) pausedByQueue_ = false;
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
  wroteMore(data.size());
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
  wroteMore(size);
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
  wroteMore(length);
}

void Throttled::enqueue(Piece piece) {
  queued_ += piece.left;
  if (!piece.file) queuedMemory_ += piece.left;
  queue_.push_back(std::move(piece));
  backlog_ = true;
}

void Throttled::wroteMore(std::uint64_t bytes) {
  announced_ = false;
  if (queuedMemory_ > throttler_->options().maxQueuedBytes) {
    log::warn("{} is aborted: {} bytes wait for the throttle, more than maxQueuedBytes",
              transport().getPeer(), queuedMemory_);
    return abortConnection();
  }
  countTaken(outflow_.written() + bytes);
  outflow_.wrote(bytes);
  if (!transport().connected()) return;  // the producer has aborted it
  lookBelow();
  if (wantsTurn()) throttler_->waitToWrite(*this);
  updateReading();
  const bool waits =
      outflow_.streaming() == Streaming::pull || outflow_.pending() > Outflow::kHighWater;
  if (outflow_.producer() != nullptr && waits) checkSoon();
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
  if (queue_.empty()) endIfDone();
  if (queue_.empty() || outflow_.awaited()) checkSoon();
  return sent;
}

/// When the peer does not read, what is sent would only wait below, and be paid for: it waits here.
void Throttled::lookBelow() {
  if (belowFull_ || transport().pending() <= Outflow::kHighWater) return;
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
  if (gone_ || !transport().connected()) return;
  countTaken(outflow_.written());
  if (wantsTurn()) throttler_->waitToWrite(*this);
  if (transport().pending() > 0 && (queue_.empty() || outflow_.awaited())) awaitDrain();
  tellTaken();
}

/// What is pending below has not left; what went there before it has.
void Throttled::countTaken(std::uint64_t written) noexcept {
  const std::uint64_t sent = written - queued_;
  outflow_.takenTo(sent - std::min<std::uint64_t>(sent, transport().pending()));
}

void Throttled::tellTaken() {
  guarded([this] { outflow_.tell(); });
  if (gone_ || outflow_.pending() > 0 || !std::exchange(backlog_, false)) return;
  announced_ = true;
  guarded([this] { TransportWrapper::writeDrained(); });
}

std::size_t Throttled::pending() const noexcept {
  return static_cast<std::size_t>(queued_) + transport().pending();
}

Deferred<void> Throttled::drained() {
  if (gone_ || !transport().connected() || !throttler_->limitsWriting())
    return transport().drained();
  countTaken(outflow_.written());
  checkSoon();
  return outflow_.drained();
}

void Throttled::registerProducer(Producer& producer, Streaming streaming) {
  if (!throttler_->limitsWriting()) return TransportWrapper::registerProducer(producer, streaming);
  if (gone_ || !transport().connected()) return producer.stopProducing();
  outflow_.registerProducer(producer, streaming);
}

void Throttled::unregisterProducer() {
  if (!throttler_->limitsWriting()) return TransportWrapper::unregisterProducer();
  outflow_.unregisterProducer();
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
      if (outflow_.producer() == nullptr) transport().loseConnection();  // S-05
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
