#include "ropewalk/core/base/result.h"

#include <memory>
#include <string>
#include <utility>

#include "tests/catch.h"

using namespace ropewalk;

namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return Failure(ProtocolError("odd"));
  return number / 2;
}

Result<void> demand(bool good) {
  if (!good) return Failure(ProtocolError("no good"));
  return {};
}

}  // namespace

TEST_CASE("a Result holds the value that was returned") {
  const Result<int> result = half(8);
  REQUIRE(result.ok());
  CHECK(result);
  CHECK(*result == 4);
  CHECK(result.value() == 4);
}

TEST_CASE("a Result holds the error that was returned") {
  const Result<int> result = half(7);
  REQUIRE_FALSE(result.ok());
  CHECK_FALSE(result);
  CHECK(result.failure().check<ProtocolError>() != nullptr);
}

TEST_CASE("asking a failed Result for its value raises the failure") {
  CHECK_THROWS_AS(half(7).value(), ProtocolError);
  const Result<int> kept = half(7);
  CHECK_THROWS_WITH(kept.value(), "odd");
}

TEST_CASE("a Result<void> is good by default, or holds a failure") {
  CHECK(demand(true).ok());
  CHECK(demand(false).failure().getErrorMessage() == "no good");
  CHECK_THROWS_AS(demand(false).value(), ProtocolError);
}

TEST_CASE("a Result carries what can only be moved") {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(3);
  const std::unique_ptr<int> taken = std::move(result).value();
  CHECK(*taken == 3);
  CHECK(*result == nullptr);
}

TEST_CASE("a Result converts what its value converts from") {
  const Result<std::string> result = "text";
  CHECK(result->size() == 4);
}
