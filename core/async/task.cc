// The state machine of a LoopingCall, and its grid: the next tick is counted from the start,
// never from the last call.

#include "task.h"

#include <optional>
#include <stdexcept>

namespace ropewalk {

Deferred<void> deferLater(Clock& clock, Duration delay) {
  Source<void> source;
  Deferred<void> deferred = source.deferred();
  auto timer = std::make_shared<DelayedCall>();
  source.onCancel([timer] { timer->cancel(); });
  *timer = clock.callLater(delay, [source = std::move(source)]() mutable { source.callback(); });
  return deferred;
}

Deferred<void> deferLater(Duration delay) { return deferLater(defaultClock(), delay); }

namespace detail {

/// What a LoopingCall does. It is kept by the LoopingCall and by the call in progress.
///
///                 start                    due                    the call has ended
///     stopped ──────────────► waiting ──────────────► calling ─────────────────────► waiting
///        ▲                       │ stop                  │ stop            └─ failed ──► stopped
///        ├───────────────────────┘                       ▼
///        └─────────────── the call has ended ──────── stopping
class Repetition : public std::enable_shared_from_this<Repetition> {
 public:
  enum class Phase : std::uint8_t { stopped, waiting, calling, stopping };

  Repetition(Clock& clock, UniqueFunction<Deferred<void>(std::int64_t)> call, bool wantsCount)
      : clock_(clock), call_(std::move(call)), wantsCount_(wantsCount) {}

  Deferred<void> start(Duration interval, bool now) {
    if (running()) throw std::logic_error("LoopingCall::start: it is running already");
    if (interval < Duration::zero())
      throw std::invalid_argument("LoopingCall::start: the interval is negative");
    if (phase_ == Phase::stopping)
      throw std::logic_error("LoopingCall::start: its last call has not ended yet");
    interval_ = interval;
    start_ = clock_.now();
    lastTick_ = now ? -1 : 0;
    Deferred<void> done = done_.emplace().deferred();
    done_->onCancel([this] { cancelled(); });
    const auto self = shared_from_this();
    if (now) {
      callNow();
    } else {
      schedule();
    }
    return done;
  }

  void stop() {
    switch (phase_) {
      case Phase::stopped:
      case Phase::stopping:
        throw std::logic_error("LoopingCall::stop: it is not running");
      case Phase::waiting:
        timer_.clear();
        return finish(Result<void>());
      case Phase::calling:
        phase_ = Phase::stopping;
        return;
    }
  }

  void reset() {
    if (phase_ != Phase::waiting) return;
    start_ = clock_.now();
    lastTick_ = 0;
    schedule();
  }

  bool running() const noexcept { return phase_ == Phase::waiting || phase_ == Phase::calling; }
  Duration interval() const noexcept { return interval_; }

 private:
  std::int64_t ticksUntilNow() const noexcept {
    return interval_ == Duration::zero() ? lastTick_ + 1 : (clock_.now() - start_) / interval_;
  }

  void schedule() {
    phase_ = Phase::waiting;
    const Duration next = interval_ == Duration::zero()
                              ? Duration::zero()
                              : start_ + (ticksUntilNow() + 1) * interval_ - clock_.now();
    timer_.clear();
    timer_ = clock_.callLater(next, [this] { callNow(); });
  }

  void callNow() {
    const auto self = shared_from_this();
    const std::int64_t tick = ticksUntilNow();
    const std::int64_t count = tick - std::exchange(lastTick_, tick);
    phase_ = Phase::calling;
    if (wantsCount_ && count == 0) return ended(Result<void>());
    Deferred<void> current = call_(count).addBoth([self](Result<void>& result) {
      self->ended(result);
      return Result<void>();
    });
    if (!current.ready()) current_.emplace(std::move(current));
  }

  void ended(const Result<void>& result) {
    if (!result.ok() || phase_ == Phase::stopping) return finish(result);
    schedule();
  }

  void cancelled() {
    timer_.clear();
    const bool busy = phase_ == Phase::calling;
    phase_ = busy ? Phase::stopping : Phase::stopped;
    if (busy && current_) current_->cancel();
  }

  void finish(const Result<void>& result) {
    phase_ = Phase::stopped;
    if (!done_ || done_->called()) return;
    Source<void> done = std::move(*done_);
    done_.reset();
    done.fire(result);
  }

  Clock& clock_;
  UniqueFunction<Deferred<void>(std::int64_t)> call_;
  const bool wantsCount_;
  Phase phase_ = Phase::stopped;
  Duration interval_{};
  TimePoint start_;
  std::int64_t lastTick_ = 0;  // the tick of the last call
  ScopedCall timer_;
  std::optional<Deferred<void>> current_;  // the call in progress, to be cancelled
  std::optional<Source<void>> done_;
};

}  // namespace detail

LoopingCall::LoopingCall(Clock& clock, Counted counted)
    : loop_(std::make_shared<detail::Repetition>(clock, std::move(counted.call),
                                                 counted.wantsCount)) {}

LoopingCall& LoopingCall::operator=(LoopingCall&& other) noexcept {
  std::swap(loop_, other.loop_);
  return *this;
}

LoopingCall::~LoopingCall() {
  if (loop_ && loop_->running()) loop_->stop();
}

Deferred<void> LoopingCall::start(Duration interval, First first) & {
  return loop_->start(interval, first == First::now);
}
void LoopingCall::stop() { loop_->stop(); }
void LoopingCall::reset() { loop_->reset(); }
bool LoopingCall::running() const noexcept { return loop_->running(); }
Duration LoopingCall::interval() const noexcept { return loop_->interval(); }

}  // namespace ropewalk
