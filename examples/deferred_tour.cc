// A tour of Deferred: callbacks, errors, coroutines, time-outs, several at once.
#include <ropewalk/core/async/gather.h>
#include <ropewalk/core/async/lock.h>
#include <ropewalk/core/async/task.h>
#include <ropewalk/core/net/reactor.h>

#include <iostream>
#include <string>
#include <vector>

namespace rw = ropewalk;
using namespace std::chrono_literals;

// [producer]
// A producer keeps the Source and gives the Deferred away.
rw::Deferred<int> measure(rw::Clock& clock, int value) {
  rw::Source<int> source;
  auto result = source.deferred();
  clock.callLater(1ms, [source = std::move(source), value]() mutable {
    if (value < 0) {
      source.errback(rw::ConnectionLost("the sensor is gone"));
    } else {
      source.callback(value);
    }
  });
  return result;
}
// [/producer]

// [chain]
// Callbacks on temporaries: each step may change the type.
rw::Deferred<std::string> describe(rw::Clock& clock, int value) {
  return measure(clock, value)
      .addCallback([](int celsius) { return celsius * 9 / 5 + 32; })
      .addCallback([](int fahrenheit) { return std::to_string(fahrenheit) + " F"; })
      .addErrback([](const rw::Failure& why) { return "none: " + why.getErrorMessage(); });
}
// [/chain]

// [coroutine]
// The same as a coroutine. A failure is thrown where it is awaited.
rw::Deferred<std::string> describeAgain(rw::Clock& clock, int value) {
  try {
    const int celsius = co_await measure(clock, value);
    co_return std::to_string(celsius * 9 / 5 + 32) + " F";
  } catch (const rw::ConnectionLost& error) {
    co_return std::string("none: ") + error.what();
  }
}
// [/coroutine]

rw::Deferred<void> tour() {
  rw::Clock& clock = rw::reactor();
  std::cout << co_await describe(clock, 20) << '\n' << co_await describeAgain(clock, -1) << '\n';

  // [gather]
  auto [number, text] = co_await rw::gatherResults(measure(clock, 1), describe(clock, 2));
  std::cout << number << " and " << text << '\n';
  const std::vector<int> numbers = co_await rw::gatherResults(measure(clock, 1), measure(clock, 2));
  std::cout << numbers[0] + numbers[1] << '\n';
  // [/gather]

  // [timeout]
  auto late = rw::deferLater(clock, 1h).addTimeout(2ms, clock);
  late.addErrback([](const rw::Failure& why) { std::cout << why.getErrorMessage() << '\n'; });
  co_await late;
  // [/timeout]

  // [lock]
  rw::DeferredLock lock;
  auto first = lock.run([&clock] { return measure(clock, 1); });
  auto second = lock.run([&clock] { return measure(clock, 2); });  // begins when first has ended
  const auto both = co_await rw::gatherResults(std::move(first), std::move(second));
  std::cout << both[0] + both[1] << '\n';
  // [/lock]
}

int main() { return rw::react(tour); }
