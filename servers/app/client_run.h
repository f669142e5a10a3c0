// runClient: what every client command does: run the reactor until the work is done, or a signal
// comes.
#pragma once

#include "ropewalk/core/async/async_function.h"
#include "ropewalk/core/async/deferred.h"

namespace ropewalk::app {

/// Runs the thread's reactor until what `main` gives has fired with an exit status. A failure goes
/// to standard error.
/// @return that status; kFailed after a failure; kInterrupted when SIGINT or SIGTERM came first
int runClient(AsyncFunction<Deferred<int>()> main);

}  // namespace ropewalk::app
