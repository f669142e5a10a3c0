// Bridge: two streams joined into one: what comes out of either goes into the other.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/net/protocol.h"

namespace ropewalk {

/// One end of a bridge. Back-pressure goes through: while one side takes nothing, the other is not
/// read. The end of one side's input becomes the end of the other's output (half close); the loss
/// of one side ends the other, after what it was given has left.
class BridgeEnd final : public Protocol, private Producer {
 public:
  /// Two ends that know each other. `ended` fires when both are lost, and so everything is
  /// delivered: fails with the first reason that was not ConnectionDone.
  static std::pair<std::unique_ptr<BridgeEnd>, std::unique_ptr<BridgeEnd>> pair(Source<void> ended);

  /// When this side is lost in any way but an orderly one, the other side is aborted, not ended
  /// properly.
  void passLossOn() noexcept { passLossOn_ = true; }

  void connectionMade() override;
  void dataReceived(std::string_view data) override;
  void readConnectionLost() override;
  void connectionLost(const Failure& reason) override;

 private:
  struct Shared {
    explicit Shared(Source<void> source) : ended(std::move(source)) {}
    BridgeEnd* ends[2] = {nullptr, nullptr};
    Source<void> ended;
    std::optional<Failure> trouble;  // the first
    int lost = 0;
  };

  BridgeEnd(std::shared_ptr<Shared> shared, int side) : shared_(std::move(shared)), side_(side) {}

  void resumeProducing() override { transport().resumeProducing(); }
  void pauseProducing() override { transport().pauseProducing(); }
  void stopProducing() override {}
  [[nodiscard]] BridgeEnd* other() const noexcept { return shared_->ends[1 - side_]; }

  std::shared_ptr<Shared> shared_;
  int side_;
  bool passLossOn_ = false;
};

}  // namespace ropewalk
