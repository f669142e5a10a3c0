// MemoryReactor: a reactor without a kernel: its time jumps, its descriptors are ready
// when the test says so.
#pragma once

#include <map>
#include <memory>
#include <utility>

#include "ropewalk/core/net/loop/poller.h"
#include "ropewalk/core/net/reactor.h"

namespace ropewalk::testing {

/// A poller that asks no kernel. Waiting takes no time: it moves the fake time instead, so that a
/// run of an hour's time-outs takes microseconds. Owned by the reactor that it is given to.
class MemoryPoller final : public Poller {
 public:
  explicit MemoryPoller(std::shared_ptr<TimePoint> now) : now_(std::move(now)) {}

  [[nodiscard]] PollerTraits traits() const noexcept override { return {"memory", false}; }
  void set(int fd, Interest interest, ropewalk::detail::Watch* watch) override {
    if (interest.none()) return remove(fd);
    watched_[fd] = {interest, watch};
  }
  void remove(int fd) noexcept override { watched_.erase(fd); }
  void wait(Duration timeout, std::vector<Ready>& ready) override {
    for (const auto& [fd, state] : std::exchange(ready_, {})) {
      const auto found = watched_.find(fd);
      if (found == watched_.end()) continue;
      ready.push_back({.watch = found->second.second,
                       .readable = state.read && found->second.first.read,
                       .writable = state.write && found->second.first.write});
    }
    if (ready.empty() && timeout > Duration::zero()) *now_ += timeout;
  }

  /// The next wait says that `fd` is ready, once.
  /// @param state  in which directions; those count that it is watched for
  void makeReady(int fd, Interest state) { ready_[fd] = state; }
  [[nodiscard]] bool watches(int fd) const { return watched_.contains(fd); }

 private:
  std::shared_ptr<TimePoint> now_;
  std::map<int, std::pair<Interest, ropewalk::detail::Watch*>> watched_;
  std::map<int, Interest> ready_;
};

/// A whole fake world: a Reactor whose waits end at once and whose clock jumps to the next timer.
///
///     testing::MemoryReactor world;
///     world.reactor().callLater(1h, [&] { world.reactor().stop(); });
///     world.reactor().run();  // returns at once, an hour later
class MemoryReactor {
 public:
  MemoryReactor() : MemoryReactor(std::make_shared<TimePoint>(std::chrono::hours(1))) {}

  [[nodiscard]] Reactor& reactor() noexcept { return reactor_; }
  [[nodiscard]] MemoryPoller& poller() noexcept { return *poller_; }

  /// What the reactor's wallTime() gives now; it passes as now() does. 2026-01-01T00:00:00Z at the
  /// beginning. In effect from the next turn on.
  void setWallTime(Timestamp time) { *wallAtZero_ = time.point() - elapsed(*now_); }

  /// Moves time and runs turns until nothing is due any more.
  void advance(Duration by) {
    *now_ += by;
    for (int turns = 0; turns < kTurns; ++turns) reactor_.iterate();
  }

 private:
  static constexpr int kTurns = 3;  // one runs what is due, two more what that set off

  explicit MemoryReactor(std::shared_ptr<TimePoint> now)
      : MemoryReactor(now, std::make_unique<MemoryPoller>(now)) {}
  MemoryReactor(std::shared_ptr<TimePoint> now, std::unique_ptr<MemoryPoller> poller)
      : now_(now),
        poller_(poller.get()),
        reactor_(
            std::move(poller), [now] { return *now; },
            [now, wall = wallAtZero_] { return Timestamp(*wall + elapsed(*now)); }) {}

  static Timestamp::Point::duration elapsed(TimePoint now) {
    return std::chrono::duration_cast<Timestamp::Point::duration>(now.time_since_epoch());
  }

  std::shared_ptr<TimePoint> now_;
  std::shared_ptr<Timestamp::Point> wallAtZero_ = std::make_shared<Timestamp::Point>(
      std::chrono::seconds(1'767'225'600 - 3600));  // now_ begins at an hour
  MemoryPoller* poller_;
  Reactor reactor_;
};

}  // namespace ropewalk::testing
