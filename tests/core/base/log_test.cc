// Events, fields and observers.

#include "ropewalk/core/base/log.h"

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "log_fixture.h"
#include "ropewalk/core/base/failure.h"
#include "ropewalk/core/base/log_capture.h"
#include "tests/catch.h"

using namespace ropewalk;
using log::Event;
using log::Level;
using log::testing::Captured;
using logtest::FreshLog;

namespace {

constexpr log::Logger kLog{"test.module"};

struct Unprintable {};
std::string toText(const Unprintable& /*value*/) { throw std::runtime_error("cannot be told"); }

}  // namespace

TEST_CASE("an event carries time, level, module, message and the place of the call") {
  const FreshLog fresh;
  const Captured captured;
  const Timestamp before = now();
  const int line = __LINE__ + 1;
  kLog.warn("peer {} sent {} bytes", "192.0.2.1", 42);
  const Event event = captured.events().at(0);
  CHECK(event.time >= before);
  CHECK(event.time <= now());
  CHECK(event.level == Level::warn);
  CHECK(event.module == "test.module");
  CHECK(event.message == "peer 192.0.2.1 sent 42 bytes");
  CHECK(event.where.line == line);
  CHECK(std::string(event.where.file).ends_with("log_test.cc"));
}

TEST_CASE("the functions without a module know the place of the call too") {
  const FreshLog fresh;
  const Captured captured;
  const int line = __LINE__ + 1;
  log::info("hello");
  CHECK(captured.events().at(0).where.line == line);
}

TEST_CASE("a Failure is an argument like any other") {
  const FreshLog fresh;
  const Captured captured;
  log::info("gone: {}", Failure(ConnectionDone("closed")));
  CHECK(captured.messages() == std::vector<std::string>{"gone: ConnectionDone: closed"});
}

TEST_CASE("fields keep their names and types") {
  const FreshLog fresh;
  const Captured captured;
  kLog.info("slow", log::field("peer", std::string("::1")), log::field("ms", -12),
            log::field("size", 7U), log::field("ratio", 0.5), log::field("tls", true),
            log::field("kind", 'x'));
  const auto fields = captured.events().at(0).fields;
  REQUIRE(fields.size() == 6);
  CHECK(fields[0].key == "peer");
  CHECK(fields[0].value == Event::Value(std::string("::1")));
  CHECK(fields[1].value == Event::Value(std::int64_t{-12}));
  CHECK(fields[2].value == Event::Value(std::uint64_t{7}));
  CHECK(fields[3].value == Event::Value(0.5));
  CHECK(fields[4].value == Event::Value(true));
  CHECK(fields[5].value == Event::Value(std::string("x")));
}

TEST_CASE("a field fills a place of the pattern as well") {
  const FreshLog fresh;
  const Captured captured;
  kLog.info("request {} from {}", 3, log::field("peer", "::1"));
  const Event event = captured.events().at(0);
  CHECK(event.message == "request 3 from ::1");
  REQUIRE(event.fields.size() == 1);
  CHECK(event.fields[0].key == "peer");
}

TEST_CASE("without arguments the text is taken as it is") {
  const FreshLog fresh;
  const Captured captured;
  const std::string fromPeer = "{}{0}{";
  log::info(fromPeer);
  CHECK(captured.messages() == std::vector<std::string>{fromPeer});
}

TEST_CASE("a log call never throws: a bad pattern and a throwing argument become text") {
  const FreshLog fresh;
  const Captured captured;
  log::info("{} {}", 1);
  log::info("value {}", Unprintable{});
  const auto messages = captured.messages();
  REQUIRE(messages.size() == 2);
  CHECK(messages[0].starts_with("{} {} [bad format: "));
  CHECK(messages[1] == "value {} [arguments failed: std::runtime_error: cannot be told]");
}

TEST_CASE("an observer sees the events of its life only") {
  const FreshLog fresh;
  std::vector<std::string> seen;
  const Captured quiet;
  {
    const log::ObserverHandle handle =
        log::addObserver([&](const Event& event) { seen.push_back(event.message); });
    log::info("one");
  }
  log::info("two");
  CHECK(seen == std::vector<std::string>{"one"});
}

TEST_CASE("an observer's handle can be moved, replaced and removed early") {
  const FreshLog fresh;
  int first = 0;
  int second = 0;
  log::ObserverHandle handle = log::addObserver([&](const Event& /*event*/) { ++first; });
  log::ObserverHandle moved = std::move(handle);
  log::info("one");
  moved = log::addObserver([&](const Event& /*event*/) { ++second; });
  log::info("two");
  moved.remove();
  log::info("three");
  CHECK(first == 1);
  CHECK(second == 1);
}

TEST_CASE("an observer may remove itself, and its closure lives until it returns") {
  const FreshLog fresh;
  int calls = 0;
  log::ObserverHandle handle;
  handle = log::addObserver([&, alive = std::make_shared<int>(1)](const Event& /*event*/) {
    handle.remove();
    calls += *alive;
  });
  log::info("one");
  log::info("two");
  CHECK(calls == 1);
}

TEST_CASE("an observer that is added by an observer sees the next event") {
  const FreshLog fresh;
  std::vector<std::string> seen;
  log::ObserverHandle inner;
  const auto outer = log::addObserver([&](const Event& event) {
    if (event.message == "one")
      inner = log::addObserver([&](const Event& e) { seen.push_back(e.message); });
  });
  log::info("one");
  log::info("two");
  CHECK(seen == std::vector<std::string>{"two"});
}

TEST_CASE("an observer that logs is heard by the others, not by itself") {
  const FreshLog fresh;
  int calls = 0;
  const auto chatty = log::addObserver([&](const Event& event) {
    ++calls;
    if (event.message == "one") log::info("from the observer");
  });
  const Captured captured;
  log::info("one");
  CHECK(calls == 1);
  CHECK(captured.count() == 2);
  CHECK(captured.contains(Level::info, "from the observer"));
}

TEST_CASE("G-01: an observer that throws is reported to the others, not to itself, and stays") {
  const FreshLog fresh;
  std::vector<std::string> seen;
  const auto bad = log::addObserver([&](const Event& event) {
    seen.push_back(event.message);
    if (event.message == "one") throw std::runtime_error("broken");
  });
  const Captured captured;
  log::info("one");
  log::info("two");
  CHECK(seen == std::vector<std::string>{"one", "two"});
  CHECK(captured.contains(Level::error, "a log observer failed: std::runtime_error: broken"));
  CHECK(captured.count() == 3);
}

TEST_CASE("G-01: an observer that goes on throwing is reported once, until it has worked again") {
  const FreshLog fresh;
  bool broken = true;
  const auto bad = log::addObserver([&](const Event& /*event*/) {
    if (broken) throw std::runtime_error("broken");
  });
  const Captured captured;
  for (int i = 0; i < 10; ++i) log::info("event");
  CHECK(captured.count(Level::error) == 1);
  broken = false;
  log::info("event");
  broken = true;
  log::info("event");
  CHECK(captured.count(Level::error) == 2);
}

TEST_CASE("G-01: two observers that throw report each other and come to an end") {
  const FreshLog fresh;
  const logtest::CapturedStderr standardError;
  const auto one =
      log::addObserver([](const Event& /*event*/) { throw std::runtime_error("first"); });
  const auto two =
      log::addObserver([](const Event& /*event*/) { throw std::runtime_error("second"); });
  log::info("event");
  CHECK(standardError.text().find("std::runtime_error: first") != std::string::npos);
  CHECK(standardError.text().find("std::runtime_error: second") != std::string::npos);
}

TEST_CASE("many threads log at once, and no event is lost or torn") {
  const FreshLog fresh;
  const Captured captured;
  constexpr int kThreads = 4;
  constexpr int kEach = 250;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < kEach; ++i) kLog.info("event {}", std::string(50, 'x'));
    });
  }
  for (int i = 0; i < 50; ++i) log::setLevel("other", i % 2 == 0 ? Level::debug : Level::info);
  for (std::thread& thread : threads) thread.join();
  CHECK(captured.count() == kThreads * kEach);
  for (const std::string& message : captured.messages())
    REQUIRE(message == "event " + std::string(50, 'x'));
}

TEST_CASE("once an observer is removed no thread calls it any more") {
  const FreshLog fresh;
  const Captured quiet;
  std::atomic<bool> finish = false;
  std::thread other([&] {
    while (!finish) log::info("event");
  });
  for (int i = 0; i < 200; ++i) {
    auto alive = std::make_unique<bool>(true);
    bool wrong = false;
    {
      const auto handle = log::addObserver(
          [&, watched = alive.get()](const Event& /*event*/) { wrong = !*watched; });
      log::info("event");
    }
    *alive = false;
    REQUIRE_FALSE(wrong);
  }
  finish = true;
  other.join();
}

TEST_CASE("Captured tells what was said, and forgets on demand") {
  const FreshLog fresh;
  Captured captured;
  log::warn("one");
  log::info("two");
  CHECK(captured.messages() == std::vector<std::string>{"one", "two"});
  CHECK(captured.contains(Level::warn, "on"));
  CHECK_FALSE(captured.contains(Level::info, "on"));
  CHECK(captured.count(Level::warn) == 1);
  captured.clear();
  CHECK(captured.count() == 0);
}
