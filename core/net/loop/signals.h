// SignalWatch: signals as calls on a reactor.
#pragma once

#include <csignal>  // IWYU pragma: export: SIGHUP …
#include <cstdint>
#include <initializer_list>
#include <memory>

#include "ropewalk/core/base/unique_function.h"

namespace ropewalk {

class Reactor;

/// What becomes of a signal that comes while its function has not returned from an earlier one: the
/// reactor is busy, or stands still.
enum class Unheard : std::uint8_t {
  waits,  ///< its turn comes
  /// The handler that was there before gets it, or else it ends the process:
  /// for signals that ask for the end.
  ends
};

/// Has a function called on the reactor's thread for each signal that arrives. While at least one
/// watch wants a signal, its handler is ours; afterwards the one that was there before is back.
/// Several watches, on one or on several reactors, each get every signal.
///
///     SignalWatch reload(reactor, {SIGHUP}, [&](int) { site->reload(); });
///
/// Made and destroyed on the reactor's thread, before the reactor is destroyed; destroying it
/// inside its own function is allowed. The handler itself only writes a byte into a pipe. Signals
/// that arrive faster than the reactor turns may come as one, as the kernel has it.
class SignalWatch {
 public:
  /// @throws std::system_error for what is no signal or cannot be caught (SIGKILL), and when
  ///         descriptors are out; std::length_error when 64 watches live in this process
  SignalWatch(Reactor& reactor, std::initializer_list<int> signals,
              UniqueFunction<void(int signal)> f, Unheard unheard = Unheard::waits);
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;
  ~SignalWatch();

 private:
  struct State;

  std::shared_ptr<State> state_;
};

}  // namespace ropewalk
