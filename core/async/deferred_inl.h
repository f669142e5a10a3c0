// The templates behind deferred.h: how callbacks are called, and the states that call them.
#pragma once

#include <functional>

#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/async/deferred.h"

namespace ropewalk::detail {

// ---- What a callback gives.

template <class R>
struct Returned {
  using Value = R;
  static constexpr bool kDeferred = false;
};
template <class U>
struct Returned<Result<U>> : Returned<U> {};
template <class R>
  requires std::is_base_of_v<Deferred<typename R::Value>, R>
struct Returned<R> {  // a Deferred, or what is made of one (DeferredList)
  using Value = typename R::Value;
  static constexpr bool kDeferred = true;
};

/// Stands for "no callback on this side": the result passes.
struct PassOn {};

/// How F is called with a V: with an rvalue if it takes one, else with an lvalue, else with
/// nothing.
template <class F, class V>
constexpr int kCallKind = std::is_invocable_v<F&, V&&>  ? 0
                          : std::is_invocable_v<F&, V&> ? 1
                          : std::is_invocable_v<F&>     ? 2
                                                        : 3;

template <class F, class V>
decltype(auto) callWith(F& f, [[maybe_unused]] V& value) {
  constexpr int kKind = kCallKind<F, V>;
  static_assert(kKind != 3, "this callback cannot be called with the value of this Deferred");
  if constexpr (kKind == 0) {
    return std::invoke(f, std::move(value));
  } else if constexpr (kKind == 1) {
    return std::invoke(f, value);
  } else {
    return std::invoke(f);
  }
}

/// The same, when the value is to go on afterwards.
template <class F, class V>
void lendTo(F& f, [[maybe_unused]] V& value) {
  static_assert(std::is_invocable_v<F&, V&> || std::is_invocable_v<F&>,
                "a callback that gives nothing leaves the value as it is, so it cannot consume it: "
                "let it take a reference");
  if constexpr (std::is_invocable_v<F&, V&>) {
    std::invoke(f, value);
  } else {
    std::invoke(f);
  }
}

/// A value callback of a Deferred<void> takes nothing.
template <class F, class T>
decltype(auto) callWithValue(F& f, Stored<T>& value) {
  if constexpr (std::is_void_v<T>) {
    return std::invoke(f);
  } else {
    return callWith(f, value);
  }
}

template <class F, class T>
using ValueReturn =
    std::decay_t<decltype(callWithValue<F, T>(std::declval<F&>(), std::declval<Stored<T>&>()))>;
template <class F, class V>
using ReturnOf = std::decay_t<decltype(callWith(std::declval<F&>(), std::declval<V&>()))>;

/// The U of the Deferred<U> that a value callback makes. One that only ever gives a Failure keeps
/// T.
template <class R, class T>
using NextValue = std::conditional_t<std::is_same_v<R, Failure>, T, typename Returned<R>::Value>;

/// A closure that may be a coroutine is referred to by that coroutine's frame: it must not move or
/// go before the end.
template <class F, class R>
constexpr bool kMustStay = Returned<R>::kDeferred && !std::is_empty_v<F> && !std::is_pointer_v<F> &&
                           !std::is_member_pointer_v<F>;

struct DeferredAccess {
  template <class T>
  static Deferred<T> make(Outcome<T>&& outcome) noexcept {
    return Deferred<T>(std::move(outcome));
  }
  template <class T>
  static Deferred<T> make(State<T>* state) noexcept {
    return Deferred<T>(state);
  }
  template <class T>
  static State<T>& state(Deferred<T>& deferred) {
    return deferred.state();
  }
  template <class T>
  static Outcome<T> take(Deferred<T>& deferred) {
    return deferred.take();
  }
  /// Makes `consumer` the one that gets the result of a Deferred that is not ready.
  template <class T>
  static void attach(Deferred<T>& deferred, Core& consumer) {
    deferred.state().attach(consumer);
    deferred.drop();
  }
};

template <class T>
Deferred<T> settled(Result<T>&& result, bool handled = false) noexcept {
  return DeferredAccess::make(Outcome<T>{std::move(result), handled});
}

/// Whatever a callback gave, as a Deferred<U>.
template <class U, class R>
Deferred<U> asDeferred(R&& given) {
  if constexpr (std::is_base_of_v<Deferred<U>, R>) {
    return Deferred<U>(std::move(given));
  } else {
    static_assert(std::is_convertible_v<R&&, Result<U>>,
                  "the callback's result does not fit this Deferred");
    return settled<U>(Result<U>(std::forward<R>(given)));
  }
}

/// Lets a failure go on as the result of another type.
template <class U, class T>
Deferred<U> passFailure(Outcome<T>&& in) noexcept {
  if constexpr (std::is_same_v<U, T>) {
    return DeferredAccess::make(std::move(in));
  } else {
    return settled<U>(Result<U>(in.result.failure()), in.handled);
  }
}

/// Whether a value callback that gives nothing leaves the value (on a variable) or makes a
/// Deferred<void>.
enum class OnVoid { keep, drop };

/// addCallback, addErrback, addCallbacks: a Deferred<T>'s result in, a Deferred<U> out. Never
/// throws.
template <class T, class U, OnVoid kOnVoid, class F, class G>
struct PairHandler {
  [[no_unique_address]] F f;
  [[no_unique_address]] G g;

  static constexpr bool mustStay() {
    bool stay = false;
    if constexpr (!std::is_same_v<F, PassOn>) stay = stay || kMustStay<F, ValueReturn<F, T>>;
    if constexpr (!std::is_same_v<G, PassOn>) stay = stay || kMustStay<G, ReturnOf<G, Failure>>;
    return stay;
  }

  Deferred<U> operator()(Outcome<T>&& in) noexcept {
    try {
      return in.result.ok() ? onValue(in) : onFailure(in);
    } catch (...) {
      return settled<U>(Result<U>(Failure::current()));
    }
  }

 private:
  Deferred<U> onValue(Outcome<T>& in) {
    if constexpr (std::is_same_v<F, PassOn>) {
      return DeferredAccess::make(std::move(in));
    } else if constexpr (!std::is_void_v<ValueReturn<F, T>>) {
      return asDeferred<U>(callWithValue<F, T>(f, *in.result));
    } else if constexpr (kOnVoid == OnVoid::drop || std::is_void_v<T>) {
      callWithValue<F, T>(f, *in.result);
      return settled<U>(Result<U>());
    } else {
      lendTo(f, *in.result);
      return DeferredAccess::make(std::move(in));
    }
  }

  Deferred<U> onFailure(Outcome<T>& in) {
    if constexpr (std::is_same_v<G, PassOn>) {
      return passFailure<U>(std::move(in));
    } else {
      Failure failure = in.result.failure();
      if constexpr (!std::is_void_v<ReturnOf<G, Failure>>) {
        return asDeferred<U>(callWith(g, failure));
      } else {
        lendTo(g, failure);
        if constexpr (std::is_void_v<U>) {
          return settled<U>(Result<U>());
        } else {
          return settled<U>(Result<U>(std::move(failure)), true);
        }
      }
    }
  }
};

/// addBoth.
template <class T, class U, class H>
struct BothHandler {
  [[no_unique_address]] H h;

  static constexpr bool mustStay() { return kMustStay<H, ReturnOf<H, Result<T>>>; }

  Deferred<U> operator()(Outcome<T>&& in) noexcept {
    try {
      if constexpr (!std::is_void_v<ReturnOf<H, Result<T>>>) {
        return asDeferred<U>(callWith(h, in.result));
      } else {
        lendTo(h, in.result);
        return DeferredAccess::make(std::move(in));
      }
    } catch (...) {
      return settled<U>(Result<U>(Failure::current()));
    }
  }
};

/// A handler that was added to a variable.
template <class T, class Handler>
struct HandlerLink final : Link {
  explicit HandlerLink(Handler&& handler) : handler(std::move(handler)) {}

  bool run(Core& core) override {
    auto& state = static_cast<State<T>&>(core);
    return state.adopt(handler(state.take()));
  }

  Handler handler;
};

/// A handler that was added to a temporary, and the state of the Deferred<U> that came of it, in
/// one block.
template <class T, class U, class Handler>
class Derived final : public State<U> {
 public:
  explicit Derived(Handler&& handler) : handler_(std::in_place, std::move(handler)) {}

  Core* receive(Core& from) override {
    if (!this->fired_) return this->nextIf(deliver(static_cast<State<T>&>(from).take()));
    handler_.reset();  // it returned a Deferred, and that has settled
    return State<U>::receive(from);
  }

  bool deliver(Outcome<T>&& in) {
    this->fired_ = true;
    const bool done = this->adopt((*handler_)(std::move(in)));
    if (done) handler_.reset();
    return done;
  }

 private:
  std::optional<Handler> handler_;
};

template <class T>
bool State<T>::adopt(Deferred<T> next) {
  if (next.ready()) {
    set(DeferredAccess::take(next));
    return true;
  }
  State<T>& inner = DeferredAccess::state(next);
  if (&inner == this) {
    set({returnedItself(), false});
    return true;
  }
  fired_ = true;
  inner.attach(*this);
  return false;
}

template <class T>
void Root<T>::cancelled() {
  if (this->fired_ || cancelling_) return;
  if (!canceller_) {
    swallowNext_ = true;
    settle({cancelledFailure(), false});
    return;
  }
  cancelling_ = true;
  Canceller canceller = std::move(canceller_);
  struct Borrowed {  // its end is not the producer's end
    Root& root;
    Source<T> source;
    ~Borrowed() {
      root.cancelling_ = false;
      if (source.root_ != nullptr) std::exchange(source.root_, nullptr)->release();
    }
  } borrowed{*this, Source<T>(*this)};
  try {
    canceller(borrowed.source);
  } catch (...) {
    if (!this->fired_) canceller_ = std::move(canceller);
    throw;
  }
  if (!this->fired_) settle({cancelledFailure(), false});
}

template <class T>
void Root<T>::dropSource(Where where) noexcept {
  const bool awaited = this->owner_ == Core::Owner::deferred || this->links_ != nullptr ||
                       this->consumer_ != nullptr;
  if (!this->fired_ && awaited) {
    fire({Failure(SourceDroppedError("the source of this Deferred went away without firing it"),
                  where),
          false},
         where);
  }
  this->release();
}

/// addTimeout: a state between the Deferred and what follows, which cancels upwards when time is
/// up.
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
  /// The clock's callback. It tells the state if the clock forgets it: the state may outlive the
  /// clock.
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

// ---- Deferred: moving, taking.

template <class T>
void Deferred<T>::steal(Deferred& other) noexcept {
  mode_ = std::exchange(other.mode_, Mode::empty);
  switch (mode_) {
    case Mode::empty:
      break;
    case Mode::settled:
      std::construct_at(&outcome_, std::move(other.outcome_));
      std::destroy_at(&other.outcome_);
      break;
    case Mode::pending:
      state_ = other.state_;
      break;
    case Mode::running:
      running_ = other.running_;
      running_->owner = this;
      break;
  }
}

template <class T>
Deferred<T>& Deferred<T>::operator=(Deferred&& other) noexcept {
  if (this != &other) {
    drop();
    steal(other);
  }
  return *this;
}

template <class T>
void Deferred<T>::drop() noexcept {
  switch (std::exchange(mode_, Mode::empty)) {
    case Mode::empty:
      break;
    case Mode::settled: {
      const detail::Outcome<T> outcome = std::move(outcome_);
      std::destroy_at(&outcome_);
      if (!outcome.result.ok() && !outcome.handled) reportUnhandled(outcome.result.failure());
      break;
    }
    case Mode::pending:
      state_->abandon();
      break;
    case Mode::running:
      running_->owner = nullptr;
      break;
  }
}

template <class T>
detail::Outcome<T> Deferred<T>::take() {
  assert(ready());
  if (std::exchange(mode_, Mode::empty) == Mode::settled) {
    detail::Outcome<T> outcome = std::move(outcome_);
    std::destroy_at(&outcome_);
    return outcome;
  }
  detail::Outcome<T> outcome = state_->take();
  state_->abandon();
  return outcome;
}

template <class T>
bool Deferred<T>::ready() const noexcept {
  return mode_ == Mode::settled || (mode_ == Mode::pending && state_->ready());
}

template <class T>
bool Deferred<T>::called() const noexcept {
  return mode_ != Mode::pending || state_->fired_;
}

template <class T>
const Result<T>* Deferred<T>::result() const noexcept {
  if (!ready()) return nullptr;
  return mode_ == Mode::settled ? &outcome_.result : &state_->result();
}

template <class T>
Result<T> Deferred<T>::takeResult() && {
  return take().result;
}

template <class T>
void Deferred<T>::cancel() {
  if (mode_ == Mode::pending) detail::cancel(*state_);
}

template <class T>
detail::State<T>& Deferred<T>::state() {
  assert(valid());
  if (mode_ == Mode::pending) return *state_;
  auto* state = new detail::State<T>();
  if (mode_ == Mode::settled) {
    state->set(take());
  } else {
    state->retain();  // for runHere, which ends what is running
    state->fired_ = true;
    state->running_ = true;
    running_->state = state;
    mode_ = Mode::empty;
  }
  *this = Deferred(state);
  return *state_;
}

// ---- Deferred: adding callbacks.

template <class T>
template <class Handler>
Deferred<T>& Deferred<T>::addHere(Handler handler) {
  if (!Handler::mustStay() && mode_ == Mode::settled) {
    runHere(handler);
  } else {
    state().append(new detail::HandlerLink<T, Handler>(std::move(handler)));
  }
  return *this;
}

/// The callback may destroy, move or add to this Deferred: nothing of it is touched afterwards but
/// through `running`.
template <class T>
template <class Handler>
void Deferred<T>::runHere(Handler& handler) {
  Running running{this};
  detail::Outcome<T> in = std::move(outcome_);
  std::destroy_at(&outcome_);
  mode_ = Mode::running;
  running_ = &running;

  Deferred out = handler(std::move(in));
  if (running.state != nullptr) {
    running.state->running_ = false;
    if (running.state->adopt(std::move(out))) {
      drain(running.state);
    } else {
      running.state->release();
    }
  } else if (running.owner == &out) {
    out.mode_ = Mode::empty;
    out = detail::settled<T>(detail::returnedItself());
  } else if (running.owner != nullptr) {
    running.owner->mode_ = Mode::empty;
    *running.owner = std::move(out);
  }
}

template <class T>
template <class U, class Handler>
Deferred<U> Deferred<T>::addNext(Handler handler) {
  using Next = detail::Derived<T, U, Handler>;
  if (!ready()) {
    detail::State<T>& upstream = state();
    auto* next = new Next(std::move(handler));
    upstream.attach(*next);
    drop();
    return Deferred<U>(next);
  }
  if constexpr (!Handler::mustStay()) {
    return handler(take());
  } else {
    auto* next = new Next(std::move(handler));
    Deferred<U> result(next);
    next->deliver(take());
    return result;
  }
}

template <class T>
template <class F>
Deferred<T>& Deferred<T>::addCallback(F&& f) & {
  using Handler = detail::PairHandler<T, T, detail::OnVoid::keep, std::decay_t<F>, detail::PassOn>;
  return addHere(Handler{std::forward<F>(f), {}});
}

template <class T>
template <class F>
auto Deferred<T>::addCallback(F&& f) && {
  using U = detail::NextValue<detail::ValueReturn<std::decay_t<F>, T>, T>;
  using Handler = detail::PairHandler<T, U, detail::OnVoid::drop, std::decay_t<F>, detail::PassOn>;
  return addNext<U>(Handler{std::forward<F>(f), {}});
}

template <class T>
template <class G>
Deferred<T>& Deferred<T>::addErrback(G&& g) & {
  using Handler = detail::PairHandler<T, T, detail::OnVoid::keep, detail::PassOn, std::decay_t<G>>;
  return addHere(Handler{{}, std::forward<G>(g)});
}

template <class T>
template <class G>
Deferred<T> Deferred<T>::addErrback(G&& g) && {
  using Handler = detail::PairHandler<T, T, detail::OnVoid::keep, detail::PassOn, std::decay_t<G>>;
  return addNext<T>(Handler{{}, std::forward<G>(g)});
}

template <class T>
template <class F, class G>
Deferred<T>& Deferred<T>::addCallbacks(F&& f, G&& g) & {
  using Handler = detail::PairHandler<T, T, detail::OnVoid::keep, std::decay_t<F>, std::decay_t<G>>;
  return addHere(Handler{std::forward<F>(f), std::forward<G>(g)});
}

template <class T>
template <class F, class G>
auto Deferred<T>::addCallbacks(F&& f, G&& g) && {
  using U = detail::NextValue<detail::ValueReturn<std::decay_t<F>, T>, T>;
  using Handler = detail::PairHandler<T, U, detail::OnVoid::drop, std::decay_t<F>, std::decay_t<G>>;
  return addNext<U>(Handler{std::forward<F>(f), std::forward<G>(g)});
}

template <class T>
template <class H>
Deferred<T>& Deferred<T>::addBoth(H&& h) & {
  return addHere(detail::BothHandler<T, T, std::decay_t<H>>{std::forward<H>(h)});
}

template <class T>
template <class H>
auto Deferred<T>::addBoth(H&& h) && {
  using R = detail::ReturnOf<std::decay_t<H>, Result<T>>;
  using U = std::conditional_t<std::is_void_v<R>, T, detail::NextValue<R, T>>;
  return addNext<U>(detail::BothHandler<T, U, std::decay_t<H>>{std::forward<H>(h)});
}

// ---- Deferred: time-outs, chaining.

template <class T>
Deferred<T> Deferred<T>::addTimeout(Duration timeout, Clock& clock,
                                    OnTimeoutCancel onTimeoutCancel) && {
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

template <class T>
void Deferred<T>::chainDeferred(Source<T> target) && {
  if (ready()) return target.fire(std::move(*this).takeResult());
  if (target.called()) {  // AlreadyCalledError is logged when it comes to that
    std::move(*this).addBoth([target = std::move(target)](Result<T>& result) mutable {
      target.fire(std::move(result));
      return Result<void>();
    });
    return;
  }
  detail::DeferredAccess::attach(*this, *target.root_);
  std::exchange(target.root_, nullptr)->release();
}

// ---- Source.

template <class T>
Source<T>::Source(Where where) : root_(new detail::Root<T>()) {
  if (getDebugging()) detail::trace::created(*root_, where);
}

template <class T>
Source<T>& Source<T>::operator=(Source&& other) noexcept {
  if (this != &other) {
    drop();
    root_ = std::exchange(other.root_, nullptr);
  }
  return *this;
}

template <class T>
void Source<T>::drop() noexcept {
  if (root_ != nullptr) std::exchange(root_, nullptr)->dropSource(Where::here());
}

template <class T>
Deferred<T> Source<T>::deferred() {
  assert(root_ != nullptr);
  if (root_->owner_ != detail::Core::Owner::none) {
    throw std::logic_error("Source::deferred() was called twice: a Deferred has one owner");
  }
  root_->retain();
  return Deferred<T>(root_);
}

template <class T>
void Source<T>::callback(Stored<T> value, Where where) requires(!std::is_void_v<T>) {
  root_->fire({Result<T>(std::move(value)), false}, where);
}

template <class T>
void Source<T>::callback(Where where) requires std::is_void_v<T> {
  root_->fire({Result<T>(), false}, where);
}

template <class T>
void Source<T>::errback(Failure failure, Where where) {
  root_->fire({Result<T>(std::move(failure)), false}, where);
}

template <class T>
void Source<T>::fire(Result<T> result, Where where) {
  root_->fire({std::move(result), false}, where);
}

template <class T>
bool Source<T>::called() const noexcept {
  assert(root_ != nullptr);
  return root_->fired_;
}

template <class T>
void Source<T>::onCancel(UniqueFunction<void(Source&)> canceller) {
  if (!root_->fired_) root_->canceller_ = std::move(canceller);
}

// ---- Fired ones.

template <class T>
Deferred<std::decay_t<T>> succeed(T&& value) {
  return detail::settled<std::decay_t<T>>(Result<std::decay_t<T>>(std::forward<T>(value)));
}

inline Deferred<void> succeed() { return detail::settled<void>(Result<void>()); }

template <class T>
Deferred<T> fail(Failure failure) {
  return detail::settled<T>(Result<T>(std::move(failure)));
}

template <class T>
Deferred<T> fired(Result<T> result) {
  return detail::settled<T>(std::move(result));
}

template <class F, class... Args>
auto maybeDeferred(F&& f, Args&&... args) {
  if constexpr (sizeof...(Args) == 0) {
    return succeed().addCallback(std::forward<F>(f));
  } else {
    return succeed().addCallback([f = std::decay_t<F>(std::forward<F>(f)),
                                  args = std::tuple<std::decay_t<Args>...>(
                                      std::forward<Args>(args)...)]() mutable -> decltype(auto) {
      return std::apply(f, std::move(args));
    });
  }
}

}  // namespace ropewalk
