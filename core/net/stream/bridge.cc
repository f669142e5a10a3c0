// Chunks, half closes and losses of one side told to the other; the time is looked at now and then.
#include "bridge.h"

#include <algorithm>
#include <utility>

#include "ropewalk/core/base/log.h"
#include "ropewalk/core/net/reactor.h"

namespace ropewalk {

std::pair<std::unique_ptr<BridgeEnd>, std::unique_ptr<BridgeEnd>> BridgeEnd::pair(
    Source<void> ended, std::optional<BridgeLimits> limits) {
  auto shared = std::make_shared<Shared>(std::move(ended), limits);
  std::unique_ptr<BridgeEnd> one(new BridgeEnd(shared, 0));
  std::unique_ptr<BridgeEnd> two(new BridgeEnd(shared, 1));
  return {std::move(one), std::move(two)};
}

void BridgeEnd::connectionMade() {
  shared_->ends[side_] = this;
  if (shared_->limits && shared_->clock == nullptr) {
    Clock* const given = shared_->limits->clock;
    shared_->watch(given != nullptr ? *given : transport().reactor());
  }
  if (shared_->clock != nullptr) takenAt_ = shared_->clock->now();
  BridgeEnd* peer = other();
  if (peer == nullptr) {
    transport().pauseProducing();  // nobody to give it to yet
    return;
  }
  transport().registerProducer(*peer, Streaming::push);
  peer->transport().registerProducer(*this, Streaming::push);
  peer->transport().resumeProducing();
}

void BridgeEnd::dataReceived(std::string_view data) {
  shared_->active = true;
  if (BridgeEnd* peer = other()) peer->transport().write(data);
}

void BridgeEnd::readConnectionLost() {
  readOver_ = true;
  BridgeEnd* peer = other();
  if (peer == nullptr) return transport().loseConnection();
  peer->transport().unregisterProducer();
  peer->transport().loseWriteConnection();
}

void BridgeEnd::connectionLost(const Failure& reason) {
  shared_->ends[side_] = nullptr;
  const bool clean = reason.check<ConnectionDone>() != nullptr;
  if (BridgeEnd* peer = other()) {
    peer->transport().unregisterProducer();
    peer->transport().resumeProducing();
    if (clean || readOver_) {
      peer->transport().loseConnection();
    } else {
      passLossOn_ ? peer->transport().abortConnection() : peer->endWithoutGoodbye();
    }
  }
  if (!clean && !shared_->trouble) shared_->trouble = reason;
  if (++shared_->lost < 2) return;
  shared_->looks.clear();
  shared_->trouble ? shared_->ended.errback(*shared_->trouble) : shared_->ended.callback();
}

void BridgeEnd::endWithoutGoodbye() {
  if (transport().below() == nullptr) return transport().loseConnection();
  lifetime().own(
      transport().drained().addCallbacks([this] { transport().below()->loseConnection(); },
                                         [](const Failure& /*it is gone already*/) {}));
}

// Time. A store for each chunk, and a look now and then.

void BridgeEnd::Shared::watch(Clock& by) {
  clock = &by;
  activeAt = by.now();
  lookLater();
}

void BridgeEnd::Shared::lookLater() {
  constexpr int kLooks = 4;  // so much later than asked, at most: a quarter
  const Duration each = std::min(limits->writeTimeout, limits->idleTimeout) / kLooks;
  looks = clock->callLater(each, [this] { look(); });
}

void BridgeEnd::Shared::look() {
  const TimePoint now = clock->now();
  bool stuck = false;
  for (BridgeEnd* const end : ends) stuck |= end != nullptr && end->stuck(now);
  if (std::exchange(active, false)) activeAt = now;
  if (stuck || now - activeAt >= limits->idleTimeout) return end(stuck);
  lookLater();
}

/// Nothing of this is called back before the next turn.
void BridgeEnd::Shared::end(bool stuck) {
  for (const BridgeEnd* const side : ends) {
    if (side == nullptr) continue;
    Transport& transport = side->transport();
    log::debug("bridge to {}: {}", transport.getPeer(),
               stuck ? "a side takes nothing: aborted" : "idle: closed");
    transport.unregisterProducer();  // the other side's: it makes nothing more (S-05)
    // Who has taken nothing for as long as nobody spoke would not take the rest either.
    const bool untaken = transport.pending() > 0;
    stuck || untaken ? transport.abortConnection() : transport.loseConnection();
  }
}

/// Whether this side has had something to take for too long, and has taken nothing.
bool BridgeEnd::stuck(TimePoint now) {
  const std::uint64_t taken = transport().taken();
  const bool progress = std::exchange(taken_, taken) != taken;
  if (progress) shared_->active = true;
  if (progress || transport().pending() == 0) takenAt_ = now;
  return now - takenAt_ >= shared_->limits->writeTimeout;
}

}  // namespace ropewalk
