// Work that blocks, on other threads, while the reactor goes on: deferToThread, and the way back,
// blockingCallFromThread.

#include "ropewalk/core/net/threads/threads.h"

#include <cstdio>
#include <stdexcept>

#include "ropewalk/core/core.h"

namespace rw = ropewalk;
using namespace std::chrono_literals;

namespace {

/// Takes a while: it would hold up every connection if the reactor's thread did it.
int countPrimes(int below) {
  int count = 0;
  for (int n = 2; n < below; ++n) {
    bool prime = true;
    for (int d = 2; prime && d * d <= n; ++d) prime = n % d != 0;
    count += prime ? 1 : 0;
  }
  return count;
}

/// Lives on the reactor's thread, needs no lock, and is read from elsewhere all the same.
int beats = 0;

void beat() {
  ++beats;
  rw::reactor().callLater(1ms, beat);
}

rw::Deferred<void> work() {
  beat();

  // Both run at once, each on a thread of the pool.
  auto few = rw::deferToThread([] { return countPrimes(100'000); });
  auto many = rw::deferToThread([] { return countPrimes(400'000); });
  const int below100000 = co_await few;
  const int below400000 = co_await many;
  std::printf("%d primes below 100000, %d below 400000\n", below100000, below400000);

  // What a thread throws arrives here.
  try {
    co_await rw::deferToThread([]() -> int { throw std::runtime_error("disk on fire"); });
  } catch (const std::runtime_error& error) {
    std::printf("failed: %s\n", error.what());
  }

  // A thread may ask the reactor, and wait for the answer.
  rw::Reactor& home = rw::reactor();
  auto asked =
      rw::deferToThread([&home] { return rw::blockingCallFromThread(home, [] { return beats; }); });
  const int counted = co_await asked;
  std::printf("the reactor went on meanwhile: %s\n", counted > 1 ? "yes" : "no");
}

}  // namespace

int main() { return rw::react(work); }
