// What becomes of a Deferred that is used after it was awaited or moved from.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ropewalk/core/async/gather.h"
#include "ropewalk/core/async/lifetime.h"
#include "ropewalk/core/base/log_capture.h"
#include "ropewalk/core/testing/clock.h"
#include "ropewalk/core/testing/deferred_results.h"
#include "tests/catch.h"
#include "tests/core/async/unhandled_errors.h"

using namespace ropewalk;
using namespace ropewalk::testing;

namespace {

/// As with NDEBUG: the program goes on.
struct WithoutAssertions {
  WithoutAssertions() { detail::consumedAborts = false; }
  WithoutAssertions(const WithoutAssertions&) = delete;
  WithoutAssertions& operator=(const WithoutAssertions&) = delete;
  ~WithoutAssertions() { detail::consumedAborts = true; }
};

struct Moved {
  Moved() : kept(std::move(d)) {}
  Source<int> source;
  Deferred<int> d = source.deferred();
  Deferred<int> kept;
};

/// The log line says where the use was.
void checkLogged(const log::testing::Captured& captured) {
  CHECK(captured.contains(log::Level::critical, "DeferredConsumed"));
  CHECK(captured.contains(log::Level::critical, "consumed_test.cc:"));
}

}  // namespace

TEST_CASE("cancelling a Deferred that was moved from is logged with its place, and does nothing") {
  const WithoutAssertions release;
  log::testing::Captured captured;
  Moved moved;
  moved.d.cancel();
  checkLogged(captured);
  CHECK_FALSE(moved.kept.called());
}

TEST_CASE("awaiting a Deferred twice throws DeferredConsumed") {
  const WithoutAssertions release;
  log::testing::Captured captured;
  Source<int> source;
  auto twice = [](Deferred<int> d) -> Deferred<int> {
    const int first = co_await d;
    co_return first + co_await d;
  };
  Deferred<int> d = twice(source.deferred());
  source.callback(1);
  failureResultOf<DeferredConsumed>(d);
  checkLogged(captured);
}

TEST_CASE("callbacks of a Deferred that was consumed get DeferredConsumed, which is logged once") {
  const WithoutAssertions release;
  UnhandledErrors unhandled;
  log::testing::Captured captured;
  const auto kind = [](auto use) {
    Moved moved;
    return failureResultOf(use(moved.d)).kind();
  };
  CHECK(kind([](Deferred<int>& d) { return std::move(d).addCallback([](int x) { return x; }); }) ==
        "DeferredConsumed");
  CHECK(kind([](Deferred<int>& d) {
          d.addCallback([](int) {});
          return std::move(d);
        }) == "DeferredConsumed");
  CHECK(kind([](Deferred<int>& d) { return std::move(d).addBoth([](Result<int>&) {}); }) ==
        "DeferredConsumed");
  testing::Clock clock;
  CHECK(kind([&](Deferred<int>& d) { return std::move(d).addTimeout(1s, clock); }) ==
        "DeferredConsumed");
  CHECK(kind([](Deferred<int>& d) {
          Source<int> target;
          Deferred<int> end = target.deferred();
          std::move(d).chainDeferred(std::move(target));
          return end;
        }) == "DeferredConsumed");
  CHECK(kind([](Deferred<int>& d) { return gatherResults(std::move(d), succeed(1)); }) ==
        "FirstError");
  Moved moved;
  CHECK(std::move(moved.d).takeResult().failure().check<DeferredConsumed>() != nullptr);
  Lifetime().own(std::move(moved.d));
  CHECK(unhandled.count() == 0);
  checkLogged(captured);
}

TEST_CASE("a debug build ends there, and says where") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    std::signal(SIGABRT, SIG_DFL);  // Catch has its own
    Moved moved;
    moved.d.cancel();
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string said;
  char bytes[4096];
  for (ssize_t got = 0; (got = ::read(ends[0], bytes, sizeof bytes)) > 0;)
    said.append(bytes, static_cast<std::size_t>(got));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (detail::kDebugBuild) {
    CHECK(WIFSIGNALED(status));
    CHECK(said.find("consumed_test.cc:") != std::string::npos);
  } else {
    CHECK(WIFEXITED(status));
  }
}
