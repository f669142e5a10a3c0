// UntilSignal: how a server command ends: by SIGTERM or Ctrl-C, after what is in flight.
#pragma once

#include <optional>

#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/async/timer_queue.h"
#include "ropewalk/core/net/loop/signals.h"

namespace ropewalk::app {

/// Runs the thread's reactor until SIGINT or SIGTERM. Then ports stop, and what is in flight may
/// finish within `drain`; a second signal ends at once, also where the reactor stands still or is
/// held up on its way out. SIGHUP and SIGUSR1 open the log file again, under its name; a server
/// that reloads on SIGHUP has a watch of its own for that.
///
///     serving ──signal──▶ draining ──last connection gone, time, signal──▶ stopped
///
/// Made before the first port listens: from then on signals are heard.
class UntilSignal {
 public:
  explicit UntilSignal(Duration drain);
  UntilSignal(const UntilSignal&) = delete;
  UntilSignal& operator=(const UntilSignal&) = delete;
  ~UntilSignal();

  void run();

 private:
  void begin();
  void stop();

  Duration drain_;
  std::optional<Deferred<void>> draining_;
  bool stopped_ = false;
  std::optional<SignalWatch> end_;
  SignalWatch reopen_;
};

}  // namespace ropewalk::app
