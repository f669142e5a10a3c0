// The templates behind deferred.h: the members of Deferred and Source.
#pragma once

#include <utility>

#include "deferred.h"
#include "deferred_callbacks_inl.h"
#include "deferred_timeout_inl.h"

namespace ropewalk::detail {

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
    if (this->fired_) throw;
    if (orphaned_) {  // nobody is left who could fire it, or try again
      settle({cancelledFailure(), false});
    } else {
      canceller_ = std::move(canceller);
    }
    throw;
  }
  if (!this->fired_) settle({cancelledFailure(), false});
}

template <class T>
void Root<T>::dropSource(Where where) noexcept {
  const bool awaited = this->owner_ == Core::Owner::deferred || this->links_ != nullptr ||
                       this->consumer_ != nullptr;
  if (cancelling_) {
    orphaned_ = true;  // cancelled() fires
  } else if (!this->fired_ && awaited) {
    fire({Failure(SourceDroppedError("the source of this Deferred went away without firing it"),
                  where),
          false},
         where);
  }
  this->release();
}

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
Result<T> Deferred<T>::takeResult(Where where) && {
  use(where);
  return take().result;
}

template <class T>
void Deferred<T>::cancel(Where where) {
  if (mode_ == Mode::pending) {
    detail::cancel(*state_);
  } else if (mode_ == Mode::empty) {
    static_cast<void>(detail::consumedFailure(where, detail::kDebugBuild));
  }
}

template <class T>
void Deferred<T>::beConsumed(const Where& where) {
  *this = detail::settled<T>(detail::consumedFailure(where, detail::kDebugBuild), true);  // logged
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

/// The callback may destroy, move or add to this Deferred: nothing of it is touched afterwards
/// but through `running`.
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
Deferred<T>& Deferred<T>::addCallback(F&& f, Where where) & {
  using Plain = std::decay_t<F>;
  if constexpr (detail::fits<Plain, T, T>()) {
    use(where);
    using Handler = detail::PairHandler<T, T, detail::OnVoid::keep, Plain, detail::PassOn>;
    return addHere(Handler{std::forward<F>(f), {}});
  } else {
    return *this;
  }
}

template <class T>
template <class F>
auto Deferred<T>::addCallback(F&& f, Where where) && {
  using Plain = std::decay_t<F>;
  if constexpr (detail::takes<Plain, T>()) {
    use(where);
    using U = detail::NextValue<detail::ValueReturn<Plain, T>, T>;
    using Handler = detail::PairHandler<T, U, detail::OnVoid::drop, Plain, detail::PassOn>;
    return addNext<U>(Handler{std::forward<F>(f), {}});
  } else {
    return std::move(*this);
  }
}

template <class T>
template <class G>
Deferred<T>& Deferred<T>::addErrback(G&& g, Where where) & {
  using Plain = std::decay_t<G>;
  if constexpr (detail::fits<Plain, Failure, T>()) {
    use(where);
    using Handler = detail::PairHandler<T, T, detail::OnVoid::keep, detail::PassOn, Plain>;
    return addHere(Handler{{}, std::forward<G>(g)});
  } else {
    return *this;
  }
}

template <class T>
template <class G>
Deferred<T> Deferred<T>::addErrback(G&& g, Where where) && {
  using Plain = std::decay_t<G>;
  if constexpr (detail::fits<Plain, Failure, T>()) {
    use(where);
    using Handler = detail::PairHandler<T, T, detail::OnVoid::keep, detail::PassOn, Plain>;
    return addNext<T>(Handler{{}, std::forward<G>(g)});
  } else {
    return std::move(*this);
  }
}

template <class T>
template <class F, class G>
Deferred<T>& Deferred<T>::addCallbacks(F&& f, G&& g, Where where) & {
  using PlainF = std::decay_t<F>;
  using PlainG = std::decay_t<G>;
  if constexpr (detail::fits<PlainF, T, T>() && detail::fits<PlainG, Failure, T>()) {
    use(where);
    using Handler = detail::PairHandler<T, T, detail::OnVoid::keep, PlainF, PlainG>;
    return addHere(Handler{std::forward<F>(f), std::forward<G>(g)});
  } else {
    return *this;
  }
}

template <class T>
template <class F, class G>
auto Deferred<T>::addCallbacks(F&& f, G&& g, Where where) && {
  using PlainF = std::decay_t<F>;
  using PlainG = std::decay_t<G>;
  if constexpr (detail::takes<PlainF, T>()) {
    using U = detail::NextValue<detail::ValueReturn<PlainF, T>, T>;
    if constexpr (detail::fits<PlainG, Failure, U>()) {
      use(where);
      using Handler = detail::PairHandler<T, U, detail::OnVoid::drop, PlainF, PlainG>;
      return addNext<U>(Handler{std::forward<F>(f), std::forward<G>(g)});
    } else {
      return detail::settled<U>(Result<U>(detail::returnedItself()));
    }
  } else {
    return std::move(*this);
  }
}

template <class T>
template <class H>
Deferred<T>& Deferred<T>::addBoth(H&& h, Where where) & {
  using Plain = std::decay_t<H>;
  if constexpr (detail::fits<Plain, Result<T>, T>()) {
    use(where);
    return addHere(detail::BothHandler<T, T, Plain>{std::forward<H>(h)});
  } else {
    return *this;
  }
}

template <class T>
template <class H>
auto Deferred<T>::addBoth(H&& h, Where where) && {
  using Plain = std::decay_t<H>;
  if constexpr (detail::takes<Plain, Result<T>>()) {
    using R = detail::ReturnOf<Plain, Result<T>>;
    using U = std::conditional_t<std::is_void_v<R>, T, detail::NextValue<R, T>>;
    if constexpr (detail::leaves<Plain, Result<T>, R>()) {
      use(where);
      return addNext<U>(detail::BothHandler<T, U, Plain>{std::forward<H>(h)});
    } else {
      return std::move(*this);
    }
  } else {
    return std::move(*this);
  }
}

template <class T>
void Deferred<T>::chainDeferred(Source<T> target) && {
  use(Where::here());
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
template <class F>
void Source<T>::onCancel(F&& canceller) {
  if (root_->fired_) return;
  if constexpr (std::is_constructible_v<typename detail::Root<T>::Canceller, F&&> &&
                !std::is_invocable_v<std::decay_t<F>&>) {
    root_->canceller_ = typename detail::Root<T>::Canceller(std::forward<F>(canceller));
  } else {
    static_assert(std::is_invocable_v<std::decay_t<F>&>,
                  "what onCancel is given takes the Source&, or nothing");
    root_->canceller_ = [f = std::decay_t<F>(std::forward<F>(canceller))](Source&) mutable {
      return std::invoke(f);
    };
  }
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
