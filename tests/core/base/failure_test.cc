#include "ropewalk/core/base/failure.h"

#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

#include "tests/catch.h"

using namespace ropewalk;

namespace {

struct ErrorWithField : Error {
  explicit ErrorWithField(int code) : Error("refused"), code(code) {}
  std::string_view kind() const noexcept override { return "ErrorWithField"; }
  int code;
};

struct SealedError final : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct UncopyableAtRunTime : std::exception {
  UncopyableAtRunTime() = default;
  UncopyableAtRunTime(const UncopyableAtRunTime& /*other*/) { throw std::runtime_error("copied"); }
};

template <class F>
Failure failureOf(F&& throwing) {
  try {
    throwing();
  } catch (...) {
    return Failure::current();
  }
  throw std::logic_error("nothing was thrown");
}

}  // namespace

TEST_CASE("F-01: a Failure is made from an error object") {
  const Failure failure = TimeoutError("no answer after 5 s");
  CHECK(failure.kind() == "TimeoutError");
  CHECK(failure.getErrorMessage() == "no answer after 5 s");
}

TEST_CASE("F-01: a Failure is made from the exception being handled") {
  const Failure failure = failureOf([] { throw std::out_of_range("index 7"); });
  CHECK(failure.kind() == "std::out_of_range");
  CHECK(failure.getErrorMessage() == "index 7");
  CHECK(failure.check<std::logic_error>() != nullptr);
}

TEST_CASE("F-01: a copy is the same failure") {
  const Failure failure = ErrorWithField(42);
  const Failure copy = failure;  // NOLINT(performance-unnecessary-copy-initialization)
  CHECK(copy.check<ErrorWithField>() == failure.check<ErrorWithField>());
  CHECK(copy.check<ErrorWithField>()->code == 42);
}

TEST_CASE("F-01: making, copying and moving a Failure never throws") {
  STATIC_REQUIRE(std::is_nothrow_constructible_v<Failure, TimeoutError>);
  STATIC_REQUIRE(std::is_nothrow_copy_constructible_v<Failure>);
  STATIC_REQUIRE(std::is_nothrow_move_constructible_v<Failure>);
  const UncopyableAtRunTime error;
  const Failure failure(error);
  CHECK(failure.check<std::bad_alloc>() != nullptr);
}

TEST_CASE("F-01: an exception that is no std::exception is held too") {
  const Failure failure = failureOf([] { throw 42; });  // NOLINT(hicpp-exception-baseclass)
  CHECK(failure.kind() == "unknown exception");
  CHECK(failure.check() == nullptr);
  CHECK_THROWS_AS(failure.raise(), int);
}

TEST_CASE("F-01: a Failure remembers the place that made it") {
  const int line = __LINE__ + 1;
  const Failure failure = TimeoutError("late");
  CHECK(failure.where().line == line);
  CHECK(std::string(failure.where().file).ends_with("failure_test.cc"));
}

TEST_CASE("F-01: kinds are the names of the types") {
  CHECK(Failure(ConnectionDone("x")).kind() == "ConnectionDone");
  CHECK(Failure(std::runtime_error("x")).kind() == "std::runtime_error");
  CHECK(Failure(ErrorWithField(1)).kind() == "ErrorWithField");
}

TEST_CASE("F-02: check matches the type and each base of it, and nothing else") {
  const Failure failure = ConnectionAborted("by us");
  CHECK(failure.check<ConnectionAborted>() != nullptr);
  CHECK(failure.check<ConnectionLost>() != nullptr);
  CHECK(failure.check<ConnectionClosed>() != nullptr);
  CHECK(failure.check<Error>() != nullptr);
  CHECK(failure.check() != nullptr);
  CHECK(failure.check<ConnectionDone>() == nullptr);
  CHECK(failure.check<TimeoutError>() == nullptr);
}

TEST_CASE("F-02: trap gives the error when it matches") {
  const Failure failure = ErrorWithField(7);
  CHECK(failure.trap<Error>().what() == std::string("refused"));
  CHECK(failure.trap<ErrorWithField>().code == 7);
}

TEST_CASE("F-02: trap raises the original when nothing matches") {
  const Failure failure = ErrorWithField(7);
  try {
    (void)failure.trap<TimeoutError>();
    FAIL("trap returned");
  } catch (const ErrorWithField& error) {
    CHECK(error.code == 7);
  }
}

TEST_CASE("F-03: raise throws what can be caught as the type and as a base") {
  const Failure failure = ConnectionAborted("by us");
  CHECK_THROWS_AS(failure.raise(), ConnectionAborted);
  CHECK_THROWS_AS(failure.raise(), ConnectionLost);
  CHECK_THROWS_WITH(failure.raise(), "by us");
}

TEST_CASE(
    "F-03: a failure that is raised and caught is the same record, with its first place and its "
    "cause") {
  const Failure first(ConnectError("no route"), Failure(DNSLookupError("no such name")));
  const Failure second = failureOf([&] { first.raise(); });
  CHECK(second.check() == first.check());
  CHECK(second.where().line == first.where().line);
  CHECK(second.getTraceback() == first.getTraceback());
}

TEST_CASE("F-03: raising again from a handler keeps the record") {
  const Failure first = TimeoutError("late");
  const Failure second = failureOf([&] {
    try {
      first.raise();
    } catch (const Error&) {
      throw;
    }
  });
  CHECK(second.check() == first.check());
}

TEST_CASE("F-03: a foreign exception is raised as itself") {
  const Failure failure = failureOf([] { throw std::out_of_range("index 7"); });
  CHECK_THROWS_AS(failure.raise(), std::out_of_range);
  const Failure again = failureOf([&] { failure.raise(); });
  CHECK(again.kind() == failure.kind());
  CHECK(again.getErrorMessage() == "index 7");
}

TEST_CASE("F-03: an error of a final class can be raised") {
  const Failure failure = SealedError("sealed");
  CHECK_THROWS_AS(failure.raise(), SealedError);
  CHECK(failureOf([&] { failure.raise(); }).getErrorMessage() == "sealed");
}

TEST_CASE("F-04: the traceback tells kind, message and place of the error and of each cause") {
  const Failure cause = DNSLookupError("no such name");
  const Failure middle(ConnectError("cannot connect"), cause);
  const Failure failure(TimeoutError("gave up"), middle);
  const std::string text = failure.getTraceback();
  const std::size_t first = text.find("TimeoutError: gave up");
  const std::size_t second = text.find("caused by ConnectError: cannot connect");
  const std::size_t third = text.find("caused by DNSLookupError: no such name");
  REQUIRE(third != std::string::npos);
  CHECK(first == 0);
  CHECK(first < second);
  CHECK(second < third);
  CHECK(text.find("failure_test.cc:" + std::to_string(cause.where().line)) != std::string::npos);
}

TEST_CASE("F-04: a log line shows kind and message") {
  CHECK(toText(Failure(TimeoutError("late"))) == "TimeoutError: late");
}

TEST_CASE("F-05: a Failure may be copied and raised on several threads at once") {
  const Failure failure(ConnectError("no route"), Failure(DNSLookupError("no such name")));
  const auto work = [failure](bool& good) {
    good = true;
    for (int i = 0; i < 200; ++i) {
      const Failure copy = failureOf([&] { failure.raise(); });
      good = good && copy.check<ConnectError>() != nullptr && copy.getTraceback().size() > 10;
    }
  };
  bool goodHere = false;
  bool goodThere = false;
  std::thread other(work, std::ref(goodThere));
  work(goodHere);
  other.join();
  CHECK(goodHere);
  CHECK(goodThere);
}

TEST_CASE("F-05: a Failure outlives the thread and the handler that made it") {
  std::unique_ptr<Failure> kept;
  std::thread([&] {
    kept = std::make_unique<Failure>(failureOf([] { throw std::range_error("far"); }));
  }).join();
  CHECK(kept->getErrorMessage() == "far");
  CHECK_THROWS_AS(kept->raise(), std::range_error);
}

TEST_CASE("the orderly end of a connection is one shared record") {
  CHECK(Failure::connectionDone().check<ConnectionDone>() != nullptr);
  CHECK(&Failure::connectionDone() == &Failure::connectionDone());
}
