// CopyableFunction: a std::function that refuses what would be destroyed while it runs.
#pragma once

#include <functional>
#include <type_traits>
#include <utility>

#include "unique_function.h"

namespace ropewalk {

template <class Signature>
class CopyableFunction;

/// For options that are copied and call back. As UniqueFunction, one that gives nothing refuses
/// callables that give a Deferred.
template <class R, class... Args>
class CopyableFunction<R(Args...)> : public std::function<R(Args...)> {
 public:
  CopyableFunction() = default;
  CopyableFunction(std::nullptr_t) {}  // NOLINT(google-explicit-constructor): null means empty
  template <detail::CallableFor<CopyableFunction, R, Args...> F>
  CopyableFunction(F&& f)  // NOLINT(google-explicit-constructor)
      : std::function<R(Args...)>(std::forward<F>(f)) {
    detail::refuseForgotten<R, std::decay_t<F>, Args...>();
  }
};

}  // namespace ropewalk
