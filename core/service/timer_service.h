// TimerService: something that is done again and again while a program runs.
#pragma once

#include <stdexcept>
#include <utility>
#include <vector>

#include "ropewalk/core/async/lifetime.h"
#include "ropewalk/core/async/task.h"
#include "service.h"

namespace ropewalk {

/// Calls a function when it starts, and every `interval` from then on, until it stops:
/// a LoopingCall (core/async/task.h), with its grid, and its patience with functions
/// that give a Deferred.
///
///     program.emplaceService<TimerService>(reactor, 1min, [&cache] { cache.expire(); });
///
/// A function that fails is not called again; that is logged. One thread.
/// The clock must outlive it.
class TimerService : public Service {
 public:
  template <class F>
  TimerService(Clock& clock, Duration interval, F&& f)
      : interval_(interval), loop_(clock, std::forward<F>(f)) {
    if (interval < Duration::zero()) {
      throw std::invalid_argument("cannot make a timer service: the interval is negative");
    }
  }
  ~TimerService() override;

  /// The first call is made before this returns. Throws std::logic_error while the last call before
  /// a stop has not ended.
  void startService() override;
  /// Fires when the call in progress has ended, if there is one.
  Deferred<void> stopService() override;

 private:
  void ended();

  Duration interval_;
  bool looping_ = false;  // from start until the last call has ended
  std::vector<Source<void>> stopWaiters_;
  LoopingCall loop_;
  Lifetime lifetime_;  // dies first: what start() gave calls back
};

}  // namespace ropewalk
