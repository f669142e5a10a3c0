// SharedResult: one piece of work that several wait for, each of whom may give up alone.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <utility>

#include "ropewalk/core/async/deferred.h"

namespace ropewalk::dns::detail {

/// Held by shared_ptr, by whoever started the work and nobody else. When the last of those who wait
/// has cancelled, the work is cancelled; when this dies first, they fail with CancelledError.
///
///     auto shared = std::make_shared<SharedResult<Message>>();
///     auto mine = shared->wait();
///     shared->start(resolver.ask(question), [&] { underWay.erase(key); });
///     auto yours = shared->wait();
template <class T>
class SharedResult : public std::enable_shared_from_this<SharedResult<T>> {
 public:
  SharedResult() = default;
  SharedResult(const SharedResult&) = delete;
  SharedResult& operator=(const SharedResult&) = delete;
  ~SharedResult() {
    abandon();
    tell(Failure(CancelledError("whoever was to answer is gone")));
  }

  /// @param ended  called before those who wait are told: nobody should join any more
  void start(Deferred<T> work, UniqueFunction<void()> ended) {
    ended_ = std::move(ended);
    work_.emplace(std::move(work).addBoth([weak = this->weak_from_this()](Result<T> result) {
      if (const auto self = weak.lock()) self->finish(std::move(result));
      return Unit{};
    }));
    if (over_) work_.reset();  // it came at once
  }

  /// The result, for one more; before or after start(). Cancelling it leaves.
  [[nodiscard]] Deferred<T> wait() {
    const auto place = waiters_.emplace(waiters_.end());
    Deferred<T> deferred = place->deferred();
    place->onCancel([weak = this->weak_from_this(), place](Source<T>& source) {
      const auto self = weak.lock();
      source.errback(CancelledError("cancelled"));
      if (self) self->left(place);
    });
    return deferred;
  }

  /// Takes the work back as if all had left.
  void abandon() noexcept {
    over_ = true;
    if (!work_) return;
    Deferred<Unit> work = std::move(*work_);
    work_.reset();
    work.cancel();
  }

 private:
  void left(typename std::list<Source<T>>::iterator place) {
    if (over_) return;  // its Source is with tell()
    waiters_.erase(place);
    if (!waiters_.empty()) return;
    const auto self = this->shared_from_this();
    if (ended_) std::exchange(ended_, {})();
    abandon();
  }

  void finish(Result<T> result) {
    if (over_) return;
    over_ = true;
    if (ended_) std::exchange(ended_, {})();
    tell(std::move(result));
  }

  void tell(const Result<T>& result) {
    std::list<Source<T>> waiters = std::move(waiters_);
    waiters_.clear();
    for (Source<T>& waiter : waiters) {
      if (!waiter.called()) waiter.fire(result);
    }
  }

  std::list<Source<T>> waiters_;
  std::optional<Deferred<Unit>> work_;
  UniqueFunction<void()> ended_;
  bool over_ = false;
};

}  // namespace ropewalk::dns::detail
