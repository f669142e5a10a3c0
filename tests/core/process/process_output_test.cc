// getProcessOutput and its kin. CORE-17.
#include <csignal>

#include "tests/core/process/programs.h"

namespace ropewalk {

using testing::assertNoResult;
using testing::failureResultOf;
using testing::successResultOf;
using Args = std::vector<std::string>;

namespace {

template <class T>
Result<T> wait(World& world, Deferred<T> result) {
  REQUIRE(world.until([&] { return result.ready(); }));
  return std::move(result).takeResult();
}

Args script(const std::string& text) { return {"-c", text}; }

}  // namespace

TEST_CASE("getProcessOutput gives what the program wrote") {
  EVERY_POLLER;
  CHECK(wait(world, getProcessOutput(world.reactor, "echo", {"one", "two words"})).value() ==
        "one two words\n");
}

TEST_CASE("getProcessOutput fails on standard error, unless it is taken as well") {
  EVERY_POLLER;
  const Args both = script("echo out; echo trouble >&2");
  const auto refused = wait(world, getProcessOutput(world.reactor, "sh", both));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.failure().check<ProcessWroteErrors>());
  CHECK(refused.failure().getErrorMessage() == "sh wrote to its standard error: \"trouble\"");
  const auto taken = wait(world, getProcessOutput(world.reactor, "sh", script("echo trouble >&2"),
                                                  ProcessOutputOptions().errortoo(true)));
  CHECK(taken.value() == "trouble\n");
}

TEST_CASE("getProcessOutput fails on an exit code, and quotes what the program said") {
  EVERY_POLLER;
  const auto result =
      wait(world, getProcessOutput(world.reactor, "sh", script("echo no luck >&2; exit 3")));
  REQUIRE_FALSE(result.ok());
  CHECK(result.failure().check<ProcessTerminated>()->exitCode() == 3);
  CHECK(result.failure().getErrorMessage() == "sh ended with exit code 3: \"no luck\"");
}

TEST_CASE("getProcessValue gives the exit code") {
  EVERY_POLLER;
  CHECK(wait(world, getProcessValue(world.reactor, "true")).value() == 0);
  CHECK(wait(world, getProcessValue(world.reactor, "sh", script("exit 7"))).value() == 7);
}

TEST_CASE("getProcessOutputAndValue gives all of it") {
  EVERY_POLLER;
  auto result = wait(world, getProcessOutputAndValue(world.reactor, "sh",
                                                     script("echo out; echo err >&2; exit 4")));
  CHECK(result.value().out == "out\n");
  CHECK(result.value().err == "err\n");
  CHECK(result.value().exitCode == 4);
}

TEST_CASE("a signal fails all of them, with what was said until then") {
  EVERY_POLLER;
  const auto result = wait(
      world, getProcessOutputAndValue(world.reactor, "sh", script("echo first; kill -KILL $$")));
  REQUIRE_FALSE(result.ok());
  const auto* why = result.failure().check<ProcessSignalled>();
  REQUIRE(why);
  CHECK(why->signal() == SIGKILL);
  CHECK(why->output().out == "first\n");
  CHECK_FALSE(wait(world, getProcessValue(world.reactor, "sh", script("kill -TERM $$"))).ok());
}

TEST_CASE("a program that is not there fails all of them") {
  EVERY_POLLER;
  const auto result = wait(world, getProcessValue(world.reactor, "/no/such/program"));
  REQUIRE_FALSE(result.ok());
  CHECK(result.failure().check<ProcessNotStarted>());
}

TEST_CASE("what cannot even be tried is a failure too, not an exception") {
  EVERY_POLLER;
  failureResultOf<CannotSpawnError>(getProcessOutput(world.reactor, ""));
}

TEST_CASE("input goes to standard input, which is closed then") {
  EVERY_POLLER;
  const std::string large(300'000, 'x');
  const auto result = wait(
      world, getProcessOutput(world.reactor, "wc", {"-c"}, ProcessOutputOptions().input(large)));
  CHECK(result.value() == "300000\n");
  CHECK(wait(world, getProcessOutput(world.reactor, "cat")).value().empty());
}

TEST_CASE("a time-out kills the program, grandchildren or not") {
  EVERY_POLLER;
  const auto result = wait(world, getProcessOutput(world.reactor, "sh", script("sleep 100 & wait"),
                                                   ProcessOutputOptions().timeout(30ms)));
  REQUIRE_FALSE(result.ok());
  CHECK(result.failure().check<TimeoutError>());
  CHECK(world.until([&] { return world.reactor.connections() == 0; }));
}

TEST_CASE("cancelling kills the program") {
  EVERY_POLLER;
  auto result = getProcessOutput(world.reactor, "sleep", {"100"});
  world.settle();
  assertNoResult(result);
  result.cancel();
  failureResultOf<CancelledError>(result);
  CHECK(world.until([&] { return world.reactor.connections() == 0; }));
}

TEST_CASE("more output than the limit kills the program") {
  EVERY_POLLER;
  const auto result = wait(
      world, getProcessOutput(world.reactor, "yes", {}, ProcessOutputOptions().limit(100'000)));
  REQUIRE_FALSE(result.ok());
  CHECK(result.failure().check<ProcessOutputTooLong>());
  CHECK(result.failure().getErrorMessage() ==
        "the output of yes is longer than 100000 bytes; it was killed");
  CHECK(world.until([&] { return world.reactor.connections() == 0; }));
}

TEST_CASE("environment and directory are passed on") {
  EVERY_POLLER;
  const auto result =
      wait(world, getProcessOutput(world.reactor, "/bin/sh", script("echo $A; pwd"),
                                   ProcessOutputOptions().variable("A", "1").directory("/usr")));
  CHECK(result.value() == "1\n/usr\n");
}

}  // namespace ropewalk
