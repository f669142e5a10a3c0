// The first signal drains, the second stops, and any further one is the system's to act on.
#include "until_signal.h"

#include <chrono>
#include <csignal>
#include <utility>

#include "ropewalk/clients/app/standard_streams.h"
#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/net/drain.h"
#include "ropewalk/core/net/loop/loop.h"
#include "ropewalk/core/net/reactor.h"

namespace ropewalk::app {

UntilSignal::UntilSignal(Duration drain)
    : drain_(drain), reopen_(reactor(), {SIGHUP, SIGUSR1}, [](int /*signal*/) { log::reopen(); }) {
  end_.emplace(
      reactor(), std::initializer_list<int>{SIGINT, SIGTERM},
      [this](int /*signal*/) { draining_ ? stop() : begin(); }, Unheard::ends);
}

UntilSignal::~UntilSignal() {
  if (draining_) draining_->cancel();  // a second signal came first
}

void UntilSignal::run() { reactor().run(); }

void UntilSignal::begin() {
  draining_.emplace(
      ropewalk::drain(reactor(), drain_).addBoth([this](const Result<void>&) -> Result<void> {
        stop();
        return {};
      }));
  const std::size_t open = reactor().loop().accepted();
  if (stopped_ || open == 0) return;
  const double seconds = std::chrono::duration<double>(drain_).count();
  mention(format("ending: {} connection{} may finish, within {} s; a second signal ends now\n",
                 open, open == 1 ? "" : "s", seconds));
}

void UntilSignal::stop() {
  if (std::exchange(stopped_, true)) return;
  end_.reset();  // the next one ends the program
  reactor().stop();
}

}  // namespace ropewalk::app
