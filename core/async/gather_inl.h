// The templates behind gather.h: states that have several upstreams.
#pragma once

#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "deferred.h"

namespace ropewalk::detail {

/// Cancels what a member waits for; what the canceller throws is logged, since others are still to
/// be cancelled (D-33).
void cancelMember(Core& member) noexcept;

/// Waits for several members. Lives until the last of them has settled.
class Gathering {
 public:
  virtual ~Gathering() = default;
  /// @return  the gathering's state, if it has its result now
  virtual Core* memberSettled(std::size_t index) = 0;
};

/// The end of one of the Deferreds that are gathered. A part of its gathering.
template <class T>
class Member final : public State<T> {
 public:
  /// @return  whether it has to be waited for
  bool join(Deferred<T>&& deferred, Gathering& gathering, std::size_t index) {
    gathering_ = &gathering;
    index_ = index;
    DeferredAccess::use(deferred, Where::here());
    if (deferred.ready()) {
      this->set(DeferredAccess::take(deferred));
      joinedSettled_ = true;
      return false;
    }
    DeferredAccess::attach(deferred, *this);
    return true;
  }

  Core* receive(Core& from) override {
    this->set(static_cast<State<T>&>(from).take());
    return gathering_->memberSettled(index_);
  }

  bool joinedSettled() const noexcept { return joinedSettled_; }

  /// Its failure, handled from now on; null if it has none.
  const Failure* seeFailure() noexcept {
    if (!this->hasResult_ || this->result().ok()) return nullptr;
    this->handled_ = true;
    return &this->result().failure();
  }

 protected:
  void dispose() noexcept override {}

 private:
  Gathering* gathering_ = nullptr;
  std::size_t index_ = 0;
  bool joinedSettled_ = false;
};

/// What all gatherings have in common: counting, cancelling, when to go.
template <class Out>
class GatheringState : public State<Out>, public Gathering {
 public:
  void cancelled() override {
    if (this->fired_) return;
    cancelAsked_ = true;
    cancelMembers();
  }

  Core* memberSettled(std::size_t index) override {
    --waiting_;
    return this->nextIf(look(index));
  }

  /// The Deferred of a gathering whose members have all joined.
  Deferred<Out> begin(std::size_t size, std::size_t waiting) {
    Deferred<Out> result = DeferredAccess::make(static_cast<State<Out>*>(this));
    waiting_ = size;
    // One reference for each that is waited for.
    for (std::size_t i = 0; i < waiting; ++i) this->retain();
    for (std::size_t i = 0; i < size; ++i) {
      if (!joinedSettled(i)) continue;
      --waiting_;
      look(i);
    }
    if (size == 0) this->set({finish(), false});
    return result;
  }

 protected:
  /// Something is decided by the member that has just settled: gives the result of the whole.
  virtual std::optional<Result<Out>> decide(std::size_t index) = 0;
  /// All have settled, and nothing was decided before.
  virtual Result<Out> finish() = 0;
  /// A member settled after the whole had its result.
  virtual void late(std::size_t index) = 0;
  virtual bool joinedSettled(std::size_t index) const = 0;
  virtual void cancelMembers() noexcept = 0;

  bool cancelAsked_ = false;

 private:
  bool look(std::size_t index) {
    if (this->fired_) {
      late(index);
      return false;
    }
    std::optional<Result<Out>> decided = decide(index);
    if (!decided && waiting_ == 0) decided = finish();
    if (!decided) return false;
    this->set({std::move(*decided), false});
    return true;
  }

  std::size_t waiting_ = 0;
};

/// Gathers any number of Deferreds of one type.
template <class T, class Out>
class VectorGathering : public GatheringState<Out> {
 public:
  explicit VectorGathering(std::size_t size)
      : size_(size), members_(std::make_unique<Member<T>[]>(size)) {}

  Deferred<Out> gather(std::vector<Deferred<T>>&& deferreds) {
    std::size_t waiting = 0;
    for (std::size_t i = 0; i < size_; ++i)
      waiting += members_[i].join(std::move(deferreds[i]), *this, i);
    return this->begin(size_, waiting);
  }

 protected:
  bool joinedSettled(std::size_t index) const override { return members_[index].joinedSettled(); }
  void cancelMembers() noexcept override {
    this->retain();
    for (std::size_t i = 0; i < size_; ++i) cancelMember(members_[i]);
    this->release();
  }

  const std::size_t size_;
  const std::unique_ptr<Member<T>[]> members_;
};

template <class T>
struct GatheredVector {
  using Type = std::vector<T>;
};
template <>
struct GatheredVector<void> {
  using Type = void;
};

/// A member's failure, as the failure of the whole.
Failure firstError(const Failure& failure, std::size_t index, bool cancelAsked);
/// What becomes of a failure that came too late to count.
bool countsAsHandled(const Failure& failure, bool consumeErrors, bool cancelAsked) noexcept;

template <class T>
void seeLate(Member<T>& member, bool consumeErrors, bool cancelAsked) noexcept {
  const Failure* failure = member.seeFailure();
  if (failure != nullptr && !countsAsHandled(*failure, consumeErrors, cancelAsked))
    reportUnhandled(*failure);
}

/// gatherResults of a vector.
template <class T>
class ResultsGathering final : public VectorGathering<T, typename GatheredVector<T>::Type> {
 public:
  using Out = typename GatheredVector<T>::Type;
  ResultsGathering(std::size_t size, bool consumeErrors)
      : VectorGathering<T, Out>(size), consumeErrors_(consumeErrors) {}

 protected:
  std::optional<Result<Out>> decide(std::size_t index) override {
    const Failure* failure = this->members_[index].seeFailure();
    if (failure == nullptr) return std::nullopt;
    return firstError(*failure, index, this->cancelAsked_);
  }
  Result<Out> finish() override {
    if constexpr (std::is_void_v<Out>) {
      return Result<void>();
    } else {
      Out values;
      values.reserve(this->size_);
      for (std::size_t i = 0; i < this->size_; ++i)
        values.push_back(std::move(*this->members_[i].take().result));
      return values;
    }
  }
  void late(std::size_t index) override {
    seeLate(this->members_[index], consumeErrors_, this->cancelAsked_);
  }

 private:
  const bool consumeErrors_;
};

/// DeferredList.
template <class T>
class ListGathering final : public VectorGathering<T, std::vector<Result<T>>> {
 public:
  using Out = std::vector<Result<T>>;
  ListGathering(std::size_t size, bool fireOnOneErrback, bool consumeErrors)
      : VectorGathering<T, Out>(size),
        fireOnOneErrback_(fireOnOneErrback),
        consumeErrors_(consumeErrors) {}

 protected:
  std::optional<Result<Out>> decide(std::size_t index) override {
    if (!fireOnOneErrback_) return std::nullopt;
    const Failure* failure = this->members_[index].seeFailure();
    if (failure == nullptr) return std::nullopt;
    return firstError(*failure, index, this->cancelAsked_);
  }
  Result<Out> finish() override {
    Out results;
    results.reserve(this->size_);
    for (std::size_t i = 0; i < this->size_; ++i)
      results.push_back(this->members_[i].take().result);
    return results;
  }
  void late(std::size_t index) override {
    seeLate(this->members_[index], consumeErrors_, this->cancelAsked_);
  }

 private:
  const bool fireOnOneErrback_;
  const bool consumeErrors_;
};

template <class T>
using Winner = std::pair<std::size_t, Stored<T>>;

Failure failureGroup(std::vector<Failure> failures, bool cancelAsked);

/// race.
template <class T>
class RaceGathering final : public VectorGathering<T, Winner<T>> {
 public:
  using VectorGathering<T, Winner<T>>::VectorGathering;

 protected:
  std::optional<Result<Winner<T>>> decide(std::size_t index) override {
    if (this->members_[index].seeFailure() != nullptr) return std::nullopt;
    Winner<T> winner(index, std::move(*this->members_[index].take().result));
    this->fired_ = true;  // what the losers do from now on is late
    this->cancelMembers();
    return winner;
  }
  Result<Winner<T>> finish() override {
    std::vector<Failure> failures;
    failures.reserve(this->size_);
    for (std::size_t i = 0; i < this->size_; ++i)
      failures.push_back(this->members_[i].result().failure());
    return failureGroup(std::move(failures), this->cancelAsked_);
  }
  void late(std::size_t index) override { this->members_[index].seeFailure(); }
};

/// gatherResults of different types.
template <class... Ts>
class TupleGathering final : public GatheringState<std::tuple<Stored<Ts>...>> {
 public:
  using Out = std::tuple<Stored<Ts>...>;

  Deferred<Out> gather(Deferred<Ts>&&... deferreds) {
    return gatherEach(std::index_sequence_for<Ts...>(), std::move(deferreds)...);
  }

 protected:
  std::optional<Result<Out>> decide(std::size_t index) override {
    const Failure* failure = nullptr;
    at(index, [&](auto& member) { failure = member.seeFailure(); });
    if (failure == nullptr) return std::nullopt;
    return firstError(*failure, index, this->cancelAsked_);
  }
  Result<Out> finish() override {
    return std::apply([](auto&... members) { return Out(std::move(*members.take().result)...); },
                      members_);
  }
  void late(std::size_t index) override {
    at(index, [&](auto& member) { seeLate(member, false, this->cancelAsked_); });
  }
  bool joinedSettled(std::size_t index) const override {
    bool settled = false;
    const_cast<TupleGathering*>(this)->at(index,
                                          [&](auto& member) { settled = member.joinedSettled(); });
    return settled;
  }
  void cancelMembers() noexcept override {
    this->retain();
    std::apply([](auto&... members) { (cancelMember(members), ...); }, members_);
    this->release();
  }

 private:
  template <std::size_t... I>
  Deferred<Out> gatherEach(std::index_sequence<I...> /*indices*/, Deferred<Ts>&&... deferreds) {
    const std::size_t waiting =
        (std::size_t{0} + ... +
         std::size_t{std::get<I>(members_).join(std::move(deferreds), *this, I)});
    return this->begin(sizeof...(Ts), waiting);
  }
  template <class F>
  void at(std::size_t index, F f) {
    std::size_t i = 0;
    std::apply([&](auto&... members) { ((i++ == index ? f(members) : void()), ...); }, members_);
  }

  std::tuple<Member<Ts>...> members_;
};

template <class T>
std::vector<Deferred<T>> toVector(Deferred<T>&& first) {
  std::vector<Deferred<T>> deferreds;
  deferreds.push_back(std::move(first));
  return deferreds;
}
template <class T, class... Rest>
std::vector<Deferred<T>> toVector(Deferred<T>&& first, Rest&&... rest) {
  std::vector<Deferred<T>> deferreds;
  deferreds.reserve(1 + sizeof...(rest));
  deferreds.push_back(std::move(first));
  (deferreds.push_back(std::move(rest)), ...);
  return deferreds;
}

}  // namespace ropewalk::detail
