// BlockingCalls: the threads that wait for an answer from a reactor.
// The inside of blockingCallFromThread.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "ropewalk/core/base/unique_function.h"

namespace ropewalk::detail {

/// Where threads wait for one reactor, which opens it when it begins to run and closes it when it
/// stops: nobody waits for a reactor that will not answer, least of all a pool thread that the
/// reactor is about to join. Shared by the reactor and those who wait; thread-safe.
class BlockingCalls {
 public:
  /// The calling thread is the reactor's from now on.
  void open();
  /// Whoever waits, or comes before the next open(), gets ReactorNotRunning.
  void close();

  /// @throws std::logic_error on the reactor's own thread, which would wait for itself;
  /// ReactorNotRunning when it has stopped
  void check();
  /// Runs `store`, which notes an answer, and wakes those who wait.
  void answer(UniqueFunction<void()> store);
  /// Waits until `answered` is true. @throws ReactorNotRunning when the reactor stops first
  void wait(UniqueFunction<bool()> answered);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::thread::id reactorThread_;  // under mutex_, like all below; none before the first open()
  bool closed_ = false;
};

}  // namespace ropewalk::detail
