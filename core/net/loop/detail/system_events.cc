// Triggers by event and phase; a coroutine waits for the Deferreds of the first phase.

#include "system_events.h"

#include <stdexcept>
#include <utility>

#include "ropewalk/core/base/failure.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"

namespace ropewalk::detail {

std::uint64_t SystemEvents::add(Phase phase, std::string_view event, Trigger trigger) {
  triggers(std::string(event), phase).emplace(++last_, std::move(trigger));
  return last_;
}

void SystemEvents::remove(std::uint64_t trigger) {
  for (auto& [event, phases] : events_) {
    for (Triggers& each : phases) {
      if (each.erase(trigger) != 0) return;
    }
  }
  throw std::invalid_argument(format("there is no system event trigger {}", trigger));
}

void SystemEvents::fire(const std::string& event, UniqueFunction<void()> done) {
  run(event, std::move(done)).addErrback([](const Failure& why) {
    log::error("unhandled error in a system event: {}", why.getTraceback());
  });
}

Deferred<void> SystemEvents::run(std::string event, UniqueFunction<void()> done) {
  for (Deferred<void>& waiting : runPhase(event, Phase::before)) co_await std::move(waiting);
  runPhase(event, Phase::during);
  runPhase(event, Phase::after);
  done();
}

std::vector<Deferred<void>> SystemEvents::runPhase(const std::string& event, Phase phase) {
  std::vector<Deferred<void>> waiting;
  Triggers& pending = triggers(event, phase);
  // One at a time, from the front: a trigger may add and remove others. Each runs once.
  while (!pending.empty()) {
    const Trigger trigger = std::move(pending.extract(pending.begin()).mapped());
    waiting.push_back(trigger().addErrback([](const Failure& why) {
      log::error("unhandled error in a system event trigger: {}", why.getTraceback());
    }));
  }
  return waiting;
}

}  // namespace ropewalk::detail
