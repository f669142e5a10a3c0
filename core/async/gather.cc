// What several failures become: FirstError, FailureGroup, or the plain CancelledError
// of who asked for it.

#include "gather.h"

#include <algorithm>

#include "ropewalk/core/base/format.h"
#include "ropewalk/core/base/log.h"

namespace ropewalk {

FirstError::FirstError(const Failure& subFailure, std::size_t index)
    : Error(format("number {} of several failed: {}", index, subFailure)),
      subFailure_(subFailure),
      index_(index) {}

namespace {

std::string describe(const std::vector<Failure>& failures) {
  std::string text = format("all {} failed", failures.size());
  for (std::size_t i = 0; i < failures.size(); ++i)
    text += format("{} {}", i == 0 ? ":" : ";", failures[i]);
  return text;
}

}  // namespace

FailureGroup::FailureGroup(std::vector<Failure> failures)
    : Error(describe(failures)), failures_(std::move(failures)) {}

namespace detail {

void cancelMember(Core& member) noexcept {
  if (member.upstream_ == nullptr) return;
  try {
    cancel(member);
  } catch (...) {
    log::error("cancelling one of several Deferreds failed: {}", Failure::current());
  }
}

Failure firstError(const Failure& failure, std::size_t index, bool cancelAsked) {
  if (cancelAsked && failure.check<CancelledError>()) return failure;
  return Failure(FirstError(failure, index), failure);
}

bool countsAsHandled(const Failure& failure, bool consumeErrors, bool cancelAsked) noexcept {
  return consumeErrors || (cancelAsked && failure.check<CancelledError>());
}

Failure failureGroup(std::vector<Failure> failures, bool cancelAsked) {
  const bool allCancelled =
      std::all_of(failures.begin(), failures.end(),
                  [](const Failure& failure) { return failure.check<CancelledError>(); });
  if (cancelAsked && allCancelled) return failures.front();
  return Failure(FailureGroup(std::move(failures)));
}

}  // namespace detail
}  // namespace ropewalk
