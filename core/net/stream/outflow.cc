// Drains are counted in bytes: each has a mark, how many of all that were ever written must have
// left, and the marks only grow.
#include "outflow.h"

#include <stdexcept>
#include <utility>

#include "ropewalk/core/net/consumer.h"

namespace ropewalk {

struct Outflow::Rare {
  struct Drain {
    std::uint64_t mark;
    Source<void> source;
  };

  std::deque<Drain> drains;
  Producer* producer = nullptr;
  Streaming streaming = Streaming::push;
  bool waits = false;  // push: it was paused; pull: something has been pending since it was asked

  [[nodiscard]] bool drainDue(std::uint64_t taken) const noexcept {
    return !drains.empty() && drains.front().mark <= taken;
  }
  [[nodiscard]] bool producerDue() const noexcept { return producer != nullptr && waits; }
};

Outflow::Outflow() = default;
Outflow::~Outflow() = default;

Outflow::Rare& Outflow::rare() {
  if (!rare_) rare_ = std::make_unique<Rare>();
  return *rare_;
}

bool Outflow::due() const noexcept {
  return rare_ && (rare_->drainDue(taken_) || (pending() == 0 && rare_->producerDue()));
}

void Outflow::tell() {
  if (!rare_) return;
  while (rare_->drainDue(taken_)) {
    Source<void> source = std::move(rare_->drains.front().source);
    rare_->drains.pop_front();
    if (!source.called()) source.callback();
  }
  if (pending() > 0 || !rare_->producerDue()) return;
  rare_->waits = false;
  rare_->producer->resumeProducing();
}

void Outflow::lost(const Failure& why) {
  if (!rare_) return;
  for (Rare::Drain& drain : std::exchange(rare_->drains, {})) {
    if (drain.source.called()) continue;
    drain.mark <= taken_ ? drain.source.callback() : drain.source.errback(why);
  }
  if (Producer* const producer = std::exchange(rare_->producer, nullptr)) producer->stopProducing();
}

bool Outflow::awaited() const noexcept { return rare_ && !rare_->drains.empty(); }

Deferred<void> Outflow::drained() {
  if (pending() == 0) return succeed();
  return rare().drains.emplace_back(Rare::Drain{written_, Source<void>()}).source.deferred();
}

void Outflow::registerProducer(Producer& producer, Streaming streaming) {
  if (this->producer() != nullptr) {
    throw std::logic_error("cannot register a producer: another one has not been unregistered");
  }
  rare().producer = &producer;
  rare_->streaming = streaming;
  rare_->waits = streaming == Streaming::pull && pending() > 0;
  if (streaming == Streaming::pull) producer.resumeProducing();
}

void Outflow::unregisterProducer() noexcept {
  if (rare_) rare_->producer = nullptr;
}

Producer* Outflow::producer() const noexcept { return rare_ ? rare_->producer : nullptr; }

Streaming Outflow::streaming() const noexcept { return rare_ ? rare_->streaming : Streaming::push; }

std::optional<Outflow::Registered> Outflow::releaseProducer() noexcept {
  if (producer() == nullptr) return std::nullopt;
  const bool paused = rare_->streaming == Streaming::push && rare_->waits;
  return Registered{*std::exchange(rare_->producer, nullptr), rare_->streaming, paused};
}

void Outflow::Registered::moveTo(Consumer& consumer) const {
  consumer.registerProducer(producer, streaming);
  if (paused) producer.resumeProducing();
}

void Outflow::noteWritten() {
  if (rare_->producer == nullptr || rare_->waits) return;
  if (rare_->streaming == Streaming::push && pending() <= kHighWater) return;
  rare_->waits = true;
  if (rare_->streaming == Streaming::push) rare_->producer->pauseProducing();
}

}  // namespace ropewalk
