// SystemEvents: the functions that run when a reactor starts and stops. Private to core/net.
// Rule R-03.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ropewalk/core/async/async_function.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/base/unique_function.h"
#include "ropewalk/core/net/reactor.h"

namespace ropewalk::detail {

/// Owned by its reactor.
class SystemEvents {
 public:
  using Trigger = AsyncFunction<Deferred<void>()>;

  std::uint64_t add(Phase phase, std::string_view event, Trigger trigger);
  /// @throws std::invalid_argument when there is no such trigger (any more)
  void remove(std::uint64_t trigger);
  /// Runs the `before` triggers in order, waits for all that they return, then `during`, then
  /// `after`, then calls done.
  void fire(const std::string& event, UniqueFunction<void()> done);

 private:
  using Triggers = std::map<std::uint64_t, Trigger>;  // in the order they were added

  Deferred<void> run(std::string event, UniqueFunction<void()> done);
  std::vector<Deferred<void>> runPhase(const std::string& event, Phase phase);
  Triggers& triggers(const std::string& event, Phase phase) {
    return events_[event][static_cast<std::size_t>(phase)];
  }

  std::map<std::string, std::array<Triggers, 3>> events_;
  std::uint64_t last_ = 0;
};

}  // namespace ropewalk::detail
