// Tasks in a ring: each turn runs one step of each until 10 ms are over; a task that waits
// stands outside. Rules T-20 to T-22.

#include "cooperator.h"

#include <chrono>
#include <deque>
#include <vector>

namespace ropewalk {

namespace detail {

namespace {

// Twisted's: long enough to get on, short enough to be fair.
constexpr auto kTurn = std::chrono::milliseconds(10);

UniqueFunction<bool()> tenMilliseconds() {
  // Not the reactor's clock: that one is read once a turn, and stands still meanwhile.
  const auto end = std::chrono::steady_clock::now() + kTurn;
  return [end] { return std::chrono::steady_clock::now() >= end; };
}

}  // namespace

/// The tasks that can run, in a ring: the first of the queue is next.
class CooperatorCore : public std::enable_shared_from_this<CooperatorCore> {
 public:
  enum class Phase : std::uint8_t { waiting, running, stopped };  // waiting: for the first start()

  CooperatorCore(Clock& clock, Cooperator::Options options)
      : clock_(clock),
        turn_(options.turn ? std::move(options.turn)
                           : UniqueFunction<UniqueFunction<bool()>()>(tenMilliseconds)),
        phase_(options.started ? Phase::running : Phase::waiting) {}

  void add(std::shared_ptr<TaskCore> task) {
    ready_.push_back(std::move(task));
    schedule();
  }
  void remove(const TaskCore& task) {
    std::erase_if(ready_, [&](const auto& other) { return other.get() == &task; });
  }
  /// Tasks that wait for something must hear of stop() too.
  void enrol(const std::shared_ptr<TaskCore>& task) {
    std::erase_if(all_, [](const auto& other) { return other.expired(); });
    all_.push_back(task);
  }

  void start() {
    phase_ = Phase::running;
    schedule();
  }
  void stop();
  Phase phase() const noexcept { return phase_; }

 private:
  void schedule() {
    if (phase_ != Phase::running || ready_.empty() || call_.active()) return;
    call_ = clock_.callLater(Duration::zero(), [this] { runTurn(); });
  }
  void runTurn();

  Clock& clock_;
  UniqueFunction<UniqueFunction<bool()>()> turn_;
  Phase phase_;
  std::deque<std::shared_ptr<TaskCore>> ready_;
  std::vector<std::weak_ptr<TaskCore>> all_;
  ScopedCall call_;
};

class TaskCore : public std::enable_shared_from_this<TaskCore> {
 public:
  TaskCore(std::shared_ptr<CooperatorCore> cooperator, UniqueFunction<Step()> step)
      : cooperator_(std::move(cooperator)), step_(std::move(step)) {}

  Deferred<void> whenDone() {
    if (result_) return fired(Result<void>(*result_));
    std::erase_if(waiters_, [](const Source<void>& waiter) { return waiter.called(); });
    return waiters_.emplace_back().deferred();
  }
  /// whenDone() for the only one who knows the task.
  Deferred<void> runToEnd() {
    Deferred<void> end = whenDone();
    if (!result_) {
      waiters_.back().onCancel([task = weak_from_this()](Source<void>& source) {
        source.errback(cancelledFailure());
        const auto self = task.lock();
        if (self && !self->finished()) self->stop();
      });
    }
    return end;
  }

  void pause() {
    requireUnfinished();
    if (pauses_++ == 0) cooperator_->remove(*this);
  }
  void resume() {
    if (pauses_ == 0) throw NotPaused("CooperativeTask::resume: the task is not paused");
    if (--pauses_ == 0 && !result_) cooperator_->add(shared_from_this());
  }
  void stop() {
    requireUnfinished();
    finish(Failure(TaskStopped("the task was stopped")));
  }
  bool finished() const noexcept { return result_.has_value(); }

  void run() {
    try {
      Step step = step_();
      if (step.wait_) return waitFor(std::move(*step.wait_));
      if (step.kind_ == Step::Kind::done && !result_) finish(Result<void>());
    } catch (...) {
      if (!result_) finish(Failure::current());
    }
  }

  void finish(Result<void> result) {
    if (pauses_ == 0) cooperator_->remove(*this);
    result_ = std::move(result);
    wait_.reset();
    auto waiters = std::move(waiters_);
    for (Source<void>& waiter : waiters) {
      if (!waiter.called()) waiter.fire(*result_);
    }
  }

 private:
  void requireUnfinished() const {
    if (!result_) return;
    if (result_->ok()) throw TaskDone("the task is done");
    if (result_->failure().check<TaskStopped>()) throw TaskStopped("the task was stopped");
    throw TaskFailed("the task has failed: " + result_->failure().getErrorMessage());
  }

  /// T-21.
  void waitFor(Deferred<void> wait) {
    if (result_) {  // stopped by its own step, which may refer to us until it has ended
      std::move(wait).addBoth([self = shared_from_this()] {});
      return;
    }
    pause();
    Deferred<void> waiting =
        std::move(wait).addCallbacks([self = shared_from_this()] { self->resume(); },
                                     [self = shared_from_this()](const Failure& why) {
                                       if (!self->result_) self->finish(why);
                                     });
    if (!waiting.ready()) wait_.emplace(std::move(waiting));
  }

  const std::shared_ptr<CooperatorCore> cooperator_;
  UniqueFunction<Step()> step_;
  unsigned pauses_ = 0;
  std::optional<Result<void>> result_;
  std::optional<Deferred<void>> wait_;
  std::vector<Source<void>> waiters_;
};

void CooperatorCore::runTurn() {
  const auto self = shared_from_this();
  UniqueFunction<bool()> over = turn_();
  while (phase_ == Phase::running && !ready_.empty()) {
    const std::shared_ptr<TaskCore> task = ready_.front();
    ready_.pop_front();
    ready_.push_back(task);
    task->run();
    if (over()) break;
  }
  schedule();
}

void CooperatorCore::stop() {
  phase_ = Phase::stopped;
  call_.clear();
  const auto self = shared_from_this();
  auto all = std::move(all_);
  for (const auto& weak : all) {
    const std::shared_ptr<TaskCore> task = weak.lock();
    if (task && !task->finished())
      task->finish(Failure(SchedulerStopped("the cooperator was stopped")));
  }
}

}  // namespace detail

Deferred<void> CooperativeTask::whenDone() { return core_->whenDone(); }
void CooperativeTask::pause() { core_->pause(); }
void CooperativeTask::resume() { core_->resume(); }
void CooperativeTask::stop() { core_->stop(); }

Cooperator::Cooperator(Clock& clock) : Cooperator(clock, Options()) {}
Cooperator::Cooperator(Clock& clock, Options options)
    : core_(std::make_shared<detail::CooperatorCore>(clock, std::move(options))) {}
Cooperator::~Cooperator() { core_->stop(); }

CooperativeTask Cooperator::cooperate(UniqueFunction<Step()> f) {
  auto task = std::make_shared<detail::TaskCore>(core_, std::move(f));
  if (core_->phase() == detail::CooperatorCore::Phase::stopped) {
    task->finish(Failure(SchedulerStopped("the cooperator was stopped")));
  } else {
    core_->enrol(task);
    core_->add(task);
  }
  return CooperativeTask(std::move(task));
}

Deferred<void> Cooperator::coiterate(UniqueFunction<Step()> f) {
  return cooperate(std::move(f)).core_->runToEnd();
}

void Cooperator::stop() { core_->stop(); }
void Cooperator::start() { core_->start(); }
bool Cooperator::running() const noexcept {
  return core_->phase() == detail::CooperatorCore::Phase::running;
}

}  // namespace ropewalk
