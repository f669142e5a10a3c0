// What the test kit says about Deferreds that are not as expected.
#include "ropewalk/core/testing/deferred_results.h"

#include <string>

#include "tests/catch.h"
#include "tests/core/async/unhandled_errors.h"

using namespace ropewalk;
using namespace ropewalk::testing;

namespace {

template <class F>
std::string complaint(F f) {
  try {
    f();
  } catch (const AssertionError& error) {
    return error.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("successResultOf and failureResultOf say what they got instead") {
  Source<int> source;
  Deferred<int> unfired = source.deferred();
  CHECK(complaint([&] { successResultOf(unfired); }) ==
        "expected a value, but the Deferred has not fired");
  CHECK(complaint([] { failureResultOf(succeed(1)); }) == "expected a failure, got a value");
  CHECK(complaint([] {
          successResultOf(fail<int>(ConnectionLost("gone")));
        }).find("expected a value, got a failure: ConnectionLost: gone") == 0);
  CHECK(complaint([] {
          failureResultOf<TimeoutError>(fail<int>(ConnectionLost("gone")));
        }).find("expected another failure, got ConnectionLost: gone") == 0);
}

TEST_CASE("a failure that a test looked at is not logged") {
  UnhandledErrors unhandled;
  complaint([] { successResultOf(fail<int>(ConnectionLost("gone"))); });
  failureResultOf(fail<int>(ConnectionLost("gone")));
  CHECK(unhandled.count() == 0);
}

TEST_CASE("assertNoResult takes nothing") {
  Source<int> source;
  Deferred<int> d = source.deferred();
  assertNoResult(d);
  source.callback(1);
  CHECK(complaint([&] { assertNoResult(d); }) == "expected no result yet, got a value");
  CHECK(successResultOf(d) == 1);
}

TEST_CASE("a Deferred that waits, and one that is used up, are told apart") {
  Source<int> inner;
  Deferred<int> d = succeed(1).addCallback([&](int) { return inner.deferred(); });
  CHECK(complaint([&] { successResultOf(d); }) ==
        "expected a value, but the Deferred waits for another");
  inner.callback(1);
  successResultOf(d);
  CHECK(complaint([&] { successResultOf(d); }) ==
        "expected a value, but the Deferred was consumed already");
}
