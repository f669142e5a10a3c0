// addTimeout. Rule D-24.
#pragma once

#include <utility>

#include "clock.h"
#include "deferred_callbacks_inl.h"

namespace ropewalk::detail {

/// addTimeout: a state between the Deferred and what follows, which cancels
/// upwards when time is up.
template <class T>
class TimeoutState final : public State<T> {
 public:
  TimeoutState(Duration timeout, typename Deferred<T>::OnTimeoutCancel onTimeoutCancel)
      : timeout_(timeout), onTimeoutCancel_(std::move(onTimeoutCancel)) {}

  void start(Clock& clock) { timer_ = clock.callLater(timeout_, Expiry(*this)); }

  Core* receive(Core& from) override {
    if (this->fired_) return State<T>::receive(from);
    if (timer_.active()) timer_.cancel();
    Outcome<T> in = static_cast<State<T>&>(from).take();
    this->set(timedOut_ ? convert(std::move(in)) : std::move(in));
    onTimeoutCancel_.reset();
    return this;
  }

 private:
  /// The clock's callback. It tells the state if the clock forgets it:
  /// the state may outlive the clock.
  class Expiry {
   public:
    explicit Expiry(TimeoutState& state) noexcept : state_(&state) {}
    Expiry(Expiry&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
    Expiry& operator=(Expiry&&) = delete;
    ~Expiry() {
      if (state_ != nullptr) state_->timer_ = {};
    }
    void operator()() {
      TimeoutState& state = *std::exchange(state_, nullptr);
      state.timer_ = {};
      state.timedOut_ = true;
      cancel(state);
    }

   private:
    TimeoutState* state_;
  };

  Outcome<T> convert(Outcome<T>&& in) noexcept {
    try {
      if (onTimeoutCancel_) return {onTimeoutCancel_(std::move(in.result), timeout_), false};
      if (in.result.ok() || !in.result.failure().template check<CancelledError>())
        return std::move(in);
      return {timedOut(timeout_, in.result.failure()), false};
    } catch (...) {
      return {Failure::current(), false};
    }
  }

  Duration timeout_;
  typename Deferred<T>::OnTimeoutCancel onTimeoutCancel_;
  DelayedCall timer_;
  bool timedOut_ = false;
};

}  // namespace ropewalk::detail

namespace ropewalk {

template <class T>
Deferred<T> Deferred<T>::addTimeout(Duration timeout, Clock& clock,
                                    OnTimeoutCancel onTimeoutCancel) && {
  use(Where::here());
  if (ready()) return std::move(*this);
  detail::State<T>& upstream = state();
  auto* next = new detail::TimeoutState<T>(timeout, std::move(onTimeoutCancel));
  Deferred result(next);
  next->start(clock);
  upstream.attach(*next);
  drop();
  return result;
}

template <class T>
Deferred<T>& Deferred<T>::addTimeout(Duration timeout, Clock& clock,
                                     OnTimeoutCancel onTimeoutCancel) & {
  return *this = std::move(*this).addTimeout(timeout, clock, std::move(onTimeoutCancel));
}

template <class T>
Deferred<T> Deferred<T>::addTimeout(Duration timeout, Clock& clock) && {
  return std::move(*this).addTimeout(timeout, clock, OnTimeoutCancel());
}

template <class T>
Deferred<T>& Deferred<T>::addTimeout(Duration timeout, Clock& clock) & {
  return addTimeout(timeout, clock, OnTimeoutCancel());
}

template <class T>
Deferred<T> Deferred<T>::addTimeout(Duration timeout) && {
  return std::move(*this).addTimeout(timeout, defaultClock());
}

template <class T>
Deferred<T>& Deferred<T>::addTimeout(Duration timeout) & {
  return addTimeout(timeout, defaultClock());
}

}  // namespace ropewalk
