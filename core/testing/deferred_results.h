// What has become of a Deferred, for tests: successResultOf, failureResultOf, assertNoResult.
#pragma once

#include <utility>

#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/base/error.h"

namespace ropewalk::testing {

/// A Deferred is not in the state that a test asked for.
ROPEWALK_ERROR(AssertionError, Error);

namespace deferred_results {

/// Takes the result, or throws AssertionError("expected …, but the Deferred has no result").
template <class T>
Result<T> resultOf(Deferred<T>& deferred, const char* expected) {
  if (!deferred.valid()) {
    throw AssertionError(std::string("expected ") + expected +
                         ", but the Deferred was consumed already");
  }
  if (!deferred.ready()) {
    const char* state = deferred.called() ? ", but the Deferred waits for another"
                                          : ", but the Deferred has not fired";
    throw AssertionError(std::string("expected ") + expected + state);
  }
  return std::move(deferred).takeResult();
}

}  // namespace deferred_results

/// The value of a Deferred that has fired with one. Takes it.
/// Throws AssertionError in any other state.
template <class T>
T successResultOf(Deferred<T>& deferred) {
  Result<T> result = deferred_results::resultOf(deferred, "a value");
  if (!result.ok())
    throw AssertionError("expected a value, got a failure: " + result.failure().getTraceback());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}
template <class T>
T successResultOf(Deferred<T>&& deferred) {
  return successResultOf(deferred);
}

/// The failure of a Deferred that has failed. Takes it. Throws AssertionError in any other state.
template <class T>
Failure failureResultOf(Deferred<T>& deferred) {
  Result<T> result = deferred_results::resultOf(deferred, "a failure");
  if (result.ok()) throw AssertionError("expected a failure, got a value");
  return result.failure();
}
template <class T>
Failure failureResultOf(Deferred<T>&& deferred) {
  return failureResultOf(deferred);
}

/// The same for a failure of a certain kind: `failureResultOf<TimeoutError>(reply)`.
template <class E, class T>
Failure failureResultOf(Deferred<T>& deferred) {
  Failure failure = failureResultOf(deferred);
  if (!failure.check<E>())
    throw AssertionError("expected another failure, got " + failure.getTraceback());
  return failure;
}
template <class E, class T>
Failure failureResultOf(Deferred<T>&& deferred) {
  return failureResultOf<E>(deferred);
}

/// Throws AssertionError if there is a result. Takes nothing.
template <class T>
void assertNoResult(const Deferred<T>& deferred) {
  const Result<T>* result = deferred.result();
  if (result == nullptr) return;
  throw AssertionError(result->ok() ? std::string("expected no result yet, got a value")
                                    : "expected no result yet, got a failure: " +
                                          result->failure().getTraceback());
}

}  // namespace ropewalk::testing
