// How a program ends that runs the thread's reactor: signals, ports that cannot be had, calls on the
// wrong thread.
#include <csignal>
#include <future>
#include <sstream>
#include <thread>

#include "ropewalk/core/async/async_function.h"
#include "ropewalk/core/net/threads/threads.h"
#include "tests/core/net/world.h"

namespace ropewalk {

namespace {

constexpr const char* kNowhere = "tcp://127.0.0.1:0?no-such-parameter=1";

std::shared_ptr<Factory> nobody() {
  return factoryOf([](const Address&) { return std::unique_ptr<Protocol>(); });
}

/// Runs f on a thread of its own, which has a reactor of its own.
template <class F>
auto elsewhere(F f) {
  return std::async(std::launch::async, std::move(f)).get();
}

/// What it throws, in words; "" for nothing.
template <class F>
std::string refusal(F f) {
  try {
    f();
  } catch (const std::logic_error& error) {
    return error.what();
  }
  return "";
}

Deferred<void> forEver() {
  auto source = std::make_shared<Source<void>>();
  source->onCancel([source] {});  // keeps itself
  return source->deferred();
}

}  // namespace

TEST_CASE("R-03: a trigger that is a coroutine with captures lives until it has ended") {
  EVERY_POLLER;
  std::string written;
  world.reactor.addSystemEventTrigger(
      Phase::before, "shutdown",
      [&,
       word = std::string("captured, and too long for a string's own room")]() -> Deferred<void> {
        co_await deferLater(world.reactor, 1ms);
        written = word;
      });
  world.reactor.addSystemEventTrigger(Phase::after, "shutdown", [&] { written += "."; });
  world.reactor.callWhenRunning([&] { world.reactor.stop(); });
  world.reactor.run();
  CHECK(written == "captured, and too long for a string's own room.");
}

TEST_CASE("a listen that fails, and that nobody looks at, ends run() with that error") {
  EVERY_POLLER;
  log::testing::Captured captured;
  static_cast<void>(listen(world.reactor, kNowhere, nobody()));
  CHECK_THROWS_AS(world.reactor.run(), BadEndpointError);
  world.reactor.callWhenRunning([&] { world.reactor.stop(); });
  world.reactor.run();  // told once
}

TEST_CASE("the same while it runs, and behind callbacks") {
  EVERY_POLLER;
  log::testing::Captured captured;
  bool stopped = false;
  world.reactor.addSystemEventTrigger(Phase::during, "shutdown", [&] { stopped = true; });
  world.reactor.callLater(1ms, [&] {
    static_cast<void>(listen(world.reactor, kNowhere, nobody()).addCallback([](ListeningPort) {}));
  });
  CHECK_THROWS_AS(world.reactor.run(), BadEndpointError);
  CHECK(stopped);
}

TEST_CASE("the same for a coroutine that does not catch it") {
  EVERY_POLLER;
  log::testing::Captured captured;
  world.reactor.callLater(1ms, [&] {
    spawn([&]() -> Deferred<void> { co_await listen(world.reactor, kNowhere, nobody()); });
  });
  CHECK_THROWS_AS(world.reactor.run(), BadEndpointError);
}

TEST_CASE("a listen whose failure is handled ends nothing") {
  EVERY_POLLER;
  listen(world.reactor, kNowhere, nobody()).addErrback([&](const Failure&) -> ListeningPort {
    world.reactor.callLater(1ms, [&] { world.reactor.stop(); });
    return {};
  });
  CHECK_NOTHROW(world.reactor.run());
}

TEST_CASE("react gives 4 when it cannot listen, awaited or not") {
  log::testing::Captured captured;
  const int awaited = elsewhere(
      [] { return react([]() -> Deferred<void> { co_await listen(kNowhere, nobody()); }); });
  const int dropped = elsewhere([] {
    return react([]() -> Deferred<void> {
      listen(kNowhere, nobody());
      co_await forEver();
    });
  });
  CHECK(awaited == 4);
  CHECK(dropped == 4);
}

TEST_CASE("react gives 4 also when main ends at once, and iterate() says it") {
  log::testing::Captured captured;
  const int atOnce = elsewhere([] {
    return react([] {
      listen(kNowhere, nobody());
      return succeed();
    });
  });
  CHECK(atOnce == 4);
  World world("poll");
  static_cast<void>(listen(world.reactor, kNowhere, nobody()));
  CHECK_THROWS_AS(world.reactor.iterate(), BadEndpointError);
  CHECK_NOTHROW(world.reactor.iterate());
}

TEST_CASE("a signal cancels main, and its status says so") {
  log::testing::Captured captured;
  const auto signalled = [](int signal, bool caught) {
    return elsewhere([=] {
      return react([=]() -> Deferred<void> {
        reactor().callLater(1ms, [=] { ::raise(signal); });
        try {
          co_await forEver();
        } catch (const CancelledError&) {
          if (!caught) throw;
        }
      });
    });
  };
  CHECK(signalled(SIGINT, false) == 128 + SIGINT);
  CHECK(signalled(SIGTERM, false) == 128 + SIGTERM);
  CHECK(signalled(SIGINT, true) == 0);  // it has put its house in order
  CHECK(captured.count(log::Level::error) == 0);
}

TEST_CASE("the second signal finds the handler that was there before react") {
  static volatile std::sig_atomic_t second;
  second = 0;
  const auto before = std::signal(SIGINT, [](int) { second = 1; });
  const int status = elsewhere([] {
    return react([]() -> Deferred<void> {
      reactor().callLater(1ms, [] { ::raise(SIGINT); });
      try {
        co_await forEver();
      } catch (const CancelledError&) {  // and takes its time
      }
      while (second == 0) {
        ::raise(SIGINT);
        co_await deferLater(1ms);
      }
    });
  });
  std::signal(SIGINT, before);
  CHECK(status == 0);
  CHECK(second == 1);
}

TEST_CASE("main's captures live until main has ended, also when the reactor is stopped first") {
  log::testing::Captured captured;
  std::string written;
  const int status = elsewhere([&] {
    return react([&, word = std::string(
                         "captured, and too long for a string's own room")]() -> Deferred<void> {
      reactor().callLater(1ms, [] { reactor().stop(); });
      try {
        co_await forEver();
      } catch (const CancelledError&) {
        written = word;
      }
    });
  });
  CHECK(status == 0);
  CHECK(written == "captured, and too long for a string's own room");
}

TEST_CASE("a pool thread has no reactor, since nobody would run it") {
  EVERY_POLLER;
  std::string why;
  deferToThread(world.reactor, [] {
    return refusal([] { reactor(); });
  }).addCallback([&](std::string said) {
    why = std::move(said);
    world.reactor.stop();
  });
  world.reactor.run();
  CHECK(why.find("nobody runs a reactor on this thread") != std::string::npos);
}

TEST_CASE("what waits for a reactor that its thread never ran is logged") {
  log::testing::Captured captured;
  std::thread([] { reactor().callLater(1s, [] {}); }).join();
  CHECK(captured.contains(log::Level::error, "without having run its reactor: 1 timers"));
}

TEST_CASE("waiting for one's own reactor before it runs is an error, not a deadlock") {
  const std::string why = elsewhere(
      [] { return refusal([] { blockingCallFromThread(reactor(), [] { return 1; }); }); });
  CHECK(why.find("cannot wait for this thread's own reactor") != std::string::npos);
}

TEST_CASE("a port that is asked on another thread says so") {
  EVERY_POLLER;
  const ListeningPort port = world.reactor.listenTCP(0, nobody(), {.interface = "127.0.0.1"});
  CHECK(port.port() != 0);
  const auto wrong = [&](auto ask) { return elsewhere([&] { return refusal(ask); }); };
  CHECK(wrong([&] { static_cast<void>(port.port()); }).find("reactor's thread only") !=
        std::string::npos);
  CHECK(wrong([&] { static_cast<void>(port.listening()); }) != "");
  CHECK(wrong([&] { static_cast<void>(ListeningPort(port).stopListening()); }) != "");
}

TEST_CASE("addresses, endpoints and ports print themselves") {
  std::ostringstream out;
  out << Address::IPv4("192.0.2.1", 80) << ' ' << EndpointUrl::parse("8080");
  CHECK(out.str() == "192.0.2.1:80 " + toText(EndpointUrl::parse("8080")));
}

}  // namespace ropewalk
