#include "ropewalk/servers/forward/bridge.h"

namespace ropewalk {

std::pair<std::unique_ptr<BridgeEnd>, std::unique_ptr<BridgeEnd>> BridgeEnd::pair(
    Source<void> ended) {
  auto shared = std::make_shared<Shared>(std::move(ended));
  std::unique_ptr<BridgeEnd> one(new BridgeEnd(shared, 0));
  std::unique_ptr<BridgeEnd> two(new BridgeEnd(shared, 1));
  return {std::move(one), std::move(two)};
}

void BridgeEnd::connectionMade() {
  shared_->ends[side_] = this;
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
  if (BridgeEnd* peer = other()) peer->transport().write(data);
}

void BridgeEnd::readConnectionLost() {
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
    clean || !passLossOn_ ? peer->transport().loseConnection()
                          : peer->transport().abortConnection();
  }
  if (!clean && !shared_->trouble) shared_->trouble = reason;
  if (++shared_->lost < 2) return;
  shared_->trouble ? shared_->ended.errback(*shared_->trouble) : shared_->ended.callback();
}

}  // namespace ropewalk
