// runClient: what every client command does: run the reactor until the work is done, or a signal
// comes.
#pragma once

#include "ropewalk/core/async/async_function.h"
#include "ropewalk/core/async/deferred.h"

namespace ropewalk::app {

/// Runs the thread's reactor until what `main` gives has fired with an exit status. A failure is
/// thrown. SIGINT and SIGTERM cancel it, and say so.
/// @return that status, or kSignalled and the number of the signal
int runClient(AsyncFunction<Deferred<int>()> main);

}  // namespace ropewalk::app
