#include "ropewalk/servers/app/client_run.h"

#include <iostream>
#include <utility>

#include "ropewalk/core/base/failure.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/servers/app/exit_code.h"

namespace ropewalk::app {

int runClient(AsyncFunction<Deferred<int>()> main) {
  Reactor& loop = reactor();
  int status = kInterrupted;
  loop.callWhenRunning([&] {
    Deferred<int> outcome = maybeDeferred([&] { return main(); });
    outcome.addErrback([](const Failure& why) {
      std::cerr << "ropewalk: " << why.getErrorMessage() << '\n';
      return static_cast<int>(kFailed);
    });
    outcome.addCallback([&](int code) {
      status = code;
      loop.stop();
    });
  });
  loop.run({.installSignalHandlers = true});
  return loop.exitSignal() != 0 ? static_cast<int>(kInterrupted) : status;
}

}  // namespace ropewalk::app
