// Bridge: two streams joined into one: what comes out of either goes into the other.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/net/protocol.h"

namespace ropewalk {

struct BridgeLimits {
  /// Without a byte in either direction: then both sides are ended. Above zero.
  Duration idleTimeout = std::chrono::hours(1);
  /// One side has something to take, and takes none: then both are aborted. Above zero.
  Duration writeTimeout = std::chrono::seconds(60);
  Clock* clock = nullptr;  ///< null: the reactor of the connection
};

/// One end of a bridge. Back-pressure goes through: while one side takes nothing, the other is not
/// read. The end of one side's input becomes the end of the other's output (half close); the loss
/// of one side ends the other, after what it was given has left.
class BridgeEnd final : public Protocol, private Producer {
 public:
  /// Two ends that know each other. `ended` fires when both are lost, and so everything is
  /// delivered: fails with the first reason that was not ConnectionDone.
  /// @param limits  none: a bridge lasts as long as its sides do. Else both are ended when it is
  ///                idle too long, and aborted when one does not take what it is given; also while
  ///                the last of it is sent after the other side was lost
  static std::pair<std::unique_ptr<BridgeEnd>, std::unique_ptr<BridgeEnd>> pair(
      Source<void> ended, std::optional<BridgeLimits> limits = std::nullopt);

  /// When this side is lost in any way but an orderly one, the other side is aborted at once.
  /// Without it what had come is sent, and then the other side ends without a goodbye: TLS shows
  /// that it was cut (RFC 8446 §6.1), TCP has no way to say so that spares what was sent.
  void passLossOn() noexcept { passLossOn_ = true; }

  void connectionMade() override;
  void dataReceived(std::string_view data) override;
  void readConnectionLost() override;
  void connectionLost(const Failure& reason) override;

 private:
  struct Shared {
    Shared(Source<void> source, std::optional<BridgeLimits> some)
        : ended(std::move(source)), limits(some) {}
    void watch(Clock& by);
    void lookLater();
    void look();
    void end(bool stuck);
    BridgeEnd* ends[2] = {nullptr, nullptr};
    Source<void> ended;
    std::optional<Failure> trouble;  // the first
    int lost = 0;
    std::optional<BridgeLimits> limits;
    ScopedCall looks;
    Clock* clock = nullptr;
    bool active = false;   // since the last look
    TimePoint activeAt{};  // by the looks
  };

  BridgeEnd(std::shared_ptr<Shared> shared, int side) : shared_(std::move(shared)), side_(side) {}

  void resumeProducing() override { transport().resumeProducing(); }
  void pauseProducing() override { transport().pauseProducing(); }
  void stopProducing() override {}
  [[nodiscard]] bool stuck(TimePoint now);
  void endWithoutGoodbye();
  [[nodiscard]] BridgeEnd* other() const noexcept { return shared_->ends[1 - side_]; }

  std::shared_ptr<Shared> shared_;
  int side_;
  bool passLossOn_ = false;
  bool readOver_ = false;    // its input has ended properly: what comes after that changes nothing
  std::uint64_t taken_ = 0;  // by this side's peer, at the last look
  TimePoint takenAt_{};      // when something was taken last, or nothing waited: by the looks
};

}  // namespace ropewalk
