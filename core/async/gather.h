// Waiting for several Deferreds: gatherResults, DeferredList, race. Rules D-30 to D-35.
#pragma once

#include <concepts>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "deferred.h"
#include "gather_inl.h"
#include "ropewalk/core/base/set_option.h"

// All of them consume their Deferreds, keep the order of their arguments, and when they are
// cancelled cancel all that still wait (D-33, D-34). Failures that come after the result are logged
// as unhandled, unless consumeErrors is set. One that was cancelled fails with a plain
// CancelledError, so that addTimeout works on it.
//
//     Deferred<std::string> getPage(std::string url);
//     Deferred<int> countVisitors(std::string url);
//
//     Deferred<std::string> describe(std::string url) {
//       auto [page, visitors] = co_await gatherResults(getPage(url), countVisitors(url));
//       co_return format("{} bytes, {} visitors", page.size(), visitors);
//     }
//
//     Deferred<std::string> getFromEither(std::string url, std::string mirror) {
//       auto [index, page] = co_await race(getPage(url), getPage(mirror));
//       log::info("{} was first", index == 0 ? url : mirror);
//       co_return page;
//     }

namespace ropewalk {

/// The first of several Deferreds that failed: what gatherResults fails with.
class FirstError : public Error {
 public:
  FirstError(const Failure& subFailure, std::size_t index);
  std::string_view kind() const noexcept override { return "FirstError"; }

  [[nodiscard]] const Failure& subFailure() const noexcept { return subFailure_; }
  /// Its place among the arguments, from 0.
  [[nodiscard]] std::size_t index() const noexcept { return index_; }

 private:
  Failure subFailure_;
  std::size_t index_;
};

/// All runners of a race have failed.
class FailureGroup : public Error {
 public:
  explicit FailureGroup(std::vector<Failure> failures);
  std::string_view kind() const noexcept override { return "FailureGroup"; }

  /// One for each runner, in the order of the arguments.
  [[nodiscard]] const std::vector<Failure>& failures() const noexcept { return failures_; }

 private:
  std::vector<Failure> failures_;
};

/// What becomes of the failures that gatherResults has no room for.
class GatherOptions {
 public:
  /// Failures after the first are dropped instead of logged.
  GatherOptions& consumeErrors(bool on) { return setOption(*this, consumeErrors_, on); }
  [[nodiscard]] bool consumeErrors() const noexcept { return consumeErrors_; }

 private:
  bool consumeErrors_ = false;
};

/// All values, in order; FirstError as soon as one fails (the others go on).
/// Deferred<void>s give a Deferred<void>.
template <class T>
[[nodiscard]] auto gatherResults(std::vector<Deferred<T>> deferreds,
                                 GatherOptions options = GatherOptions()) {
  auto* gathering = new detail::ResultsGathering<T>(deferreds.size(), options.consumeErrors());
  return gathering->gather(std::move(deferreds));
}

/// The same for Deferreds that are named one by one: a vector where they are of one type, else a
/// tuple (with a Unit for each void).
template <class T, class... Ts>
[[nodiscard]] auto gatherResults(Deferred<T> first, Deferred<Ts>... rest) {
  if constexpr ((std::is_same_v<T, Ts> && ...)) {
    return gatherResults(detail::toVector(std::move(first), std::move(rest)...));
  } else {
    return (new detail::TupleGathering<T, Ts...>())->gather(std::move(first), std::move(rest)...);
  }
}

/// When a DeferredList fires, and what becomes of failures that come later.
class DeferredListOptions {
 public:
  /// Fail with FirstError as soon as one fails.
  DeferredListOptions& fireOnOneErrback(bool on) { return setOption(*this, fireOnOneErrback_, on); }
  [[nodiscard]] bool fireOnOneErrback() const noexcept { return fireOnOneErrback_; }
  /// And drop what fails after that.
  DeferredListOptions& consumeErrors(bool on) { return setOption(*this, consumeErrors_, on); }
  [[nodiscard]] bool consumeErrors() const noexcept { return consumeErrors_; }

 private:
  bool fireOnOneErrback_ = false;
  bool consumeErrors_ = false;
};

/// All results, values and failures, in order, when all have come.
/// A failure in the list counts as handled.
///
///     DeferredList list(std::move(downloads));
///     list.addCallback([](const std::vector<Result<Page>>& results) {
///       for (const Result<Page>& each : results) {
///         if (!each) log::warn("a page is missing: {}", each.failure());
///       }
///     });
template <class T>
class DeferredList : public Deferred<std::vector<Result<T>>> {
 public:
  explicit DeferredList(std::vector<Deferred<T>> deferreds,
                        DeferredListOptions options = DeferredListOptions())
      : Deferred<std::vector<Result<T>>>(start(std::move(deferreds), options)) {}

 private:
  static Deferred<std::vector<Result<T>>> start(std::vector<Deferred<T>>&& deferreds,
                                                DeferredListOptions options) {
    auto* gathering = new detail::ListGathering<T>(deferreds.size(), options.fireOnOneErrback(),
                                                   options.consumeErrors());
    return gathering->gather(std::move(deferreds));
  }
};

/// The first value, with its index; the others are cancelled, and what becomes of them is dropped.
/// Fails with FailureGroup when all fail, and with std::invalid_argument when there are none.
template <class T>
[[nodiscard]] Deferred<std::pair<std::size_t, Stored<T>>> race(std::vector<Deferred<T>> deferreds) {
  if (deferreds.empty()) {
    return fail<detail::Winner<T>>(std::invalid_argument("a race needs at least one Deferred"));
  }
  auto* gathering = new detail::RaceGathering<T>(deferreds.size());
  return gathering->gather(std::move(deferreds));
}

/// The same for Deferreds that are named one by one.
template <class T, std::same_as<T>... Ts>
[[nodiscard]] auto race(Deferred<T> first, Deferred<Ts>... rest) {
  return race(detail::toVector(std::move(first), std::move(rest)...));
}

}  // namespace ropewalk
