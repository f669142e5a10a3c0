// Cooperator: long work in small steps, between which the reactor serves everybody else.
// Rules T-20 to T-22.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "clock.h"
#include "deferred.h"
#include "ropewalk/core/base/unique_function.h"

namespace ropewalk {

ROPEWALK_ERROR(SchedulerError, Error);
/// Why a task failed whose Cooperator was stopped.
ROPEWALK_ERROR(SchedulerStopped, SchedulerError);
/// Why a task cannot be paused or stopped any more.
ROPEWALK_ERROR(TaskFinished, SchedulerError);
ROPEWALK_ERROR(TaskDone, TaskFinished);
ROPEWALK_ERROR(TaskFailed, TaskFinished);
ROPEWALK_ERROR(TaskStopped, TaskFinished);
/// resume() without a pause().
ROPEWALK_ERROR(NotPaused, SchedulerError);

namespace detail {
class CooperatorCore;
class TaskCore;
}  // namespace detail

/// What one step of a task ends with: Cooperator::more, Cooperator::done, or a Deferred<void>
/// that the task waits for.
class Step {
 public:
  enum class Kind : std::uint8_t { more, done };
  /// Of "return Cooperator::more;".
  Step(Kind kind) noexcept : kind_(kind) {}  // NOLINT(google-explicit-constructor)
  /// Of "return deferLater(reactor, 1s);".
  Step(Deferred<void> wait) noexcept  // NOLINT(google-explicit-constructor)
      : wait_(std::move(wait)) {}

 private:
  friend class detail::TaskCore;
  Kind kind_ = Kind::more;
  std::optional<Deferred<void>> wait_;
};

/// A task of a Cooperator. A handle: the task goes on when it is dropped.
class CooperativeTask {
 public:
  /// Fires when the task is done, fails when it fails or is stopped.
  /// May be asked for more than once.
  [[nodiscard]] Deferred<void> whenDone();
  /// No more steps until resume() has been called as often. Throws TaskDone, TaskFailed or
  /// TaskStopped when it is over.
  void pause();
  /// Undoes one pause(). Throws NotPaused.
  void resume();
  /// Ends it: whenDone() fails with TaskStopped. Throws as pause() does.
  void stop();

 private:
  friend class Cooperator;
  explicit CooperativeTask(std::shared_ptr<detail::TaskCore> core) noexcept
      : core_(std::move(core)) {}
  std::shared_ptr<detail::TaskCore> core_;
};

/// Runs its tasks one step each in turn, for 10 ms in one turn of the reactor. One thread; the
/// clock must outlive it.
///
///     void indexFile(const std::string& path);  // takes some milliseconds
///
///     Deferred<void> indexAll(Cooperator& cooperator, std::vector<std::string> paths) {
///       return cooperator.coiterate([paths = std::move(paths)]() mutable -> Step {
///         if (paths.empty()) return Cooperator::done;
///         indexFile(paths.back());
///         paths.pop_back();
///         return Cooperator::more;
///       });
///     }
class Cooperator {
 public:
  static constexpr Step::Kind more = Step::Kind::more;
  static constexpr Step::Kind done = Step::Kind::done;

  /// How its turns end, and when it begins.
  struct Options {
    /// Called at the start of each turn; gives a function that is asked after each step
    /// whether the turn is over.
    UniqueFunction<UniqueFunction<bool()>()> turn;
    bool started = true;  ///< else tasks wait for start()
  };
  explicit Cooperator(Clock& clock);
  Cooperator(Clock& clock, Options options);
  Cooperator(const Cooperator&) = delete;
  Cooperator& operator=(const Cooperator&) = delete;
  ~Cooperator();

  /// Adds a task: f is called for each step.
  /// What f throws, or a Deferred that it gives and that fails, fails the task.
  CooperativeTask cooperate(UniqueFunction<Step()> f);
  /// The same, when only the end matters. Cancelling stops the task.
  [[nodiscard]] Deferred<void> coiterate(UniqueFunction<Step()> f);

  /// Fails all tasks with SchedulerStopped, and new ones at once, until start().
  void stop();
  /// Goes on after stop(), or begins where Options said that it should wait.
  void start();
  [[nodiscard]] bool running() const noexcept;

 private:
  std::shared_ptr<detail::CooperatorCore> core_;
};

}  // namespace ropewalk
