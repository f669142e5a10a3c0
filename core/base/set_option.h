// setOption: the one line that every setter of an options class consists of.
#pragma once

#include <utility>

namespace ropewalk {

/// Stores `value` in `field`, a member of `options`, and gives the options back, so that setters
/// chain. What gives a Deferred takes its options as a class with such setters and not as an
/// aggregate, which g++ 12 destroys twice inside a co_await expression (docs/deferred.md).
///
///     class FetchOptions {
///      public:
///       FetchOptions& timeout(Duration value) { return setOption(*this, timeout_, value); }
///       Duration timeout() const noexcept { return timeout_; }
///
///      private:
///       Duration timeout_ = 30s;
///     };
///
///     Deferred<std::string> fetch(std::string url, FetchOptions options = FetchOptions());
///
///     Deferred<std::string> fetchQuickly(std::string url) {
///       co_return co_await fetch(url, FetchOptions().timeout(5s));
///     }
template <class Options, class Field, class Value>
Options& setOption(Options& options, Field& field, Value&& value) {
  field = std::forward<Value>(value);
  return options;
}

}  // namespace ropewalk
