// What the transports of the test kit share: those who wait for drained(),
// and reading a file into memory.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/base/fd.h"

namespace ropewalk::testing::detail {

/// Above this many pending bytes a push producer is paused (P-02).
constexpr std::size_t kHighWater = 64 * 1024;

/// Those who wait until everything is written.
class Drains {
 public:
  [[nodiscard]] Deferred<void> wait() { return waiting_.emplace_back().deferred(); }
  void fire() {
    for (Source<void>& each : std::exchange(waiting_, {})) {
      if (!each.called()) each.callback();
    }
  }
  void fail(const Failure& reason) {
    for (Source<void>& each : std::exchange(waiting_, {})) {
      if (!each.called()) each.errback(reason);
    }
  }

 private:
  std::vector<Source<void>> waiting_;
};

/// Up to `length` bytes of a file from `offset`; fewer where it ends.
[[nodiscard]] std::string readAt(const UniqueFd& file, std::uint64_t offset, std::uint64_t length);

}  // namespace ropewalk::testing::detail
