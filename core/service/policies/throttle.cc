// Two token buckets, and who waits for them: readers pause together, writers send
// 16 KiB each in turn.

#include "throttle.h"

#include <algorithm>
#include <utility>

#include "ropewalk/core/net/reactor.h"
#include "ropewalk/core/service/policies/detail/throttled.h"

namespace ropewalk {

namespace detail {

namespace {
constexpr std::size_t kSlice = std::size_t{16} * 1024;  // then the next writer has its turn
}

void Throttler::join(Throttled& connection) {
  if (connections_.empty()) {
    clock_ = options_.clock != nullptr ? options_.clock : &connection.transport().reactor();
  }
  connections_.push_back(&connection);
  // A debt outlives the connections that made it.
  if (!readingPaused_ && reads_.available(clock_->now()) == 0) pauseReading();
}

void Throttler::leave(Throttled& connection) noexcept {
  std::erase(connections_, &connection);
  std::erase(writers_, &connection);
  if (!connections_.empty()) return;
  readTimer_.clear();
  writeTimer_.clear();
  readingPaused_ = false;
}

void Throttler::received(Throttled& connection, std::size_t bytes) {
  if (!reads_.limited()) return;
  const TimePoint now = clock_->now();
  reads_.take(bytes, now);
  if (readingPaused_ || reads_.available(now) > 0) return;
  // Who used up the last bytes is the last to read again.
  const auto found = std::find(connections_.begin(), connections_.end(), &connection);
  if (found != connections_.end()) std::rotate(found, found + 1, connections_.end());
  pauseReading();
}

void Throttler::pauseReading() {
  readingPaused_ = true;
  readTimer_ =
      clock_->callLater(reads_.untilWorthwhile(clock_->now()), [this] { resumeReading(); });
  for (Throttled* each : connections_) each->updateReading();
}

void Throttler::resumeReading() {
  const TimePoint now = clock_->now();
  if (reads_.available(now) == 0) {  // more came while they paused
    readTimer_ = clock_->callLater(reads_.untilWorthwhile(now), [this] { resumeReading(); });
    return;
  }
  readingPaused_ = false;
  for (Throttled* each : connections_) each->updateReading();
}

std::size_t Throttler::mayWriteNow() const noexcept {
  return writers_.empty() ? writes_.available(clock_->now()) : 0;
}

void Throttler::waitToWrite(Throttled& connection) {
  if (std::find(writers_.begin(), writers_.end(), &connection) != writers_.end()) return;
  writers_.push_back(&connection);
  serveLater();
}

void Throttler::serveLater() {
  if (writeTimer_.active()) return;
  writeTimer_ =
      clock_->callLater(writes_.untilWorthwhile(clock_->now()), [this] { serveWriters(); });
}

void Throttler::serveWriters() {
  const TimePoint now = clock_->now();
  while (!writers_.empty()) {
    const std::size_t allowed = writes_.available(now);
    if (allowed == 0) return serveLater();
    Throttled* const next = writers_.front();
    writers_.pop_front();
    writes_.take(next->sendQueued(std::min(allowed, kSlice)), now);
    if (next->wantsTurn()) writers_.push_back(next);
  }
}

}  // namespace detail

namespace {

class ThrottlingFactory final : public WrappingFactory {
 public:
  ThrottlingFactory(std::shared_ptr<Factory> inner, const ThrottleOptions& options)
      : WrappingFactory(std::move(inner)),
        throttler_(std::make_shared<detail::Throttler>(options)) {}

 private:
  std::unique_ptr<Protocol> wrap(std::unique_ptr<Protocol> protocol, const Address&) override {
    return std::make_unique<detail::Throttled>(std::move(protocol), throttler_);
  }

  std::shared_ptr<detail::Throttler> throttler_;
};

}  // namespace

std::shared_ptr<Factory> throttle(std::shared_ptr<Factory> factory, ThrottleOptions options) {
  return std::make_shared<ThrottlingFactory>(std::move(factory), options);
}

}  // namespace ropewalk
