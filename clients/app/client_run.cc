// A reactor, a Deferred with an exit status, and the signal that cancels it.
#include "client_run.h"

#include <csignal>
#include <iostream>
#include <optional>
#include <utility>

#include "exit_code.h"
#include "ropewalk/core/base/failure.h"
#include "ropewalk/core/net/reactor.h"

namespace ropewalk::app {

int runClient(AsyncFunction<Deferred<int>()> main) {
  Reactor& loop = reactor();
  std::optional<Deferred<int>> work;
  std::optional<Result<int>> outcome;
  loop.callWhenRunning([&] {
    work.emplace(maybeDeferred([&] { return main(); }));
    work->addBoth([&](const Result<int>& result) {
      outcome.emplace(result);
      if (loop.exitSignal() == 0) loop.stop();
      return 0;
    });
  });
  loop.addSystemEventTrigger(Phase::before, "shutdown", [&] {
    if (work && !outcome) work->cancel();
    return succeed();
  });
  loop.run({.installSignalHandlers = true});
  if (const int signal = loop.exitSignal(); signal != 0) {
    std::cerr << (signal == SIGINT ? "ropewalk: interrupted\n" : "ropewalk: terminated\n");
    return kSignalled + signal;
  }
  return outcome->value();
}

}  // namespace ropewalk::app
