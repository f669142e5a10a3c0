// SerialQueue: what is done with one object on the thread pool, one thing at a time and in order.
// docs/threads.md.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>

#include "threads.h"

namespace ropewalk {

namespace detail {

/// One job of a SerialQueue. run() is called on a thread of the pool, all else on the reactor's.
class SerialJob {
 public:
  SerialJob() = default;
  SerialJob(const SerialJob&) = delete;
  SerialJob& operator=(const SerialJob&) = delete;
  virtual ~SerialJob() = default;
  virtual void run() noexcept = 0;
  virtual void deliver() = 0;
  virtual void fail(Failure why) = 0;
};

template <class T, class F>
class SerialCall final : public SerialJob {
 public:
  explicit SerialCall(F&& f) : call_(std::move(f)) {}
  void run() noexcept override { call_.run(); }
  void deliver() override {
    if (!call_.source.called()) call_.deliver();  // else it was cancelled while it ran
  }
  void fail(Failure why) override { call_.source.errback(std::move(why)); }
  [[nodiscard]] Source<T>& source() noexcept { return call_.source; }

 private:
  ThreadCall<T, F> call_;
};

/// The jobs that wait, shared by a queue, the pool that works on them and those who may cancel.
class SerialLine : public std::enable_shared_from_this<SerialLine> {
 public:
  SerialLine(Reactor& reactor, ThreadPool* pool) noexcept : reactor_(reactor), pool_(pool) {}

  // On the reactor's thread.

  /// Never throws: a job that cannot be run fails.
  void add(std::unique_ptr<SerialJob> job);
  /// Destroys it, unless it has begun.
  void remove(const SerialJob& job);
  /// Fails all that have not begun, and takes no more.
  void close();

  /// Any thread.
  [[nodiscard]] std::size_t waiting() const;

 private:
  void work(ThreadPool& pool);
  [[nodiscard]] std::unique_ptr<SerialJob> next();

  Reactor& reactor_;
  ThreadPool* const pool_;  // null: the reactor's
  bool closed_ = false;
  mutable std::mutex mutex_;
  std::list<std::unique_ptr<SerialJob>> jobs_;  // this and all below under mutex_
  bool working_ = false;                        // a thread is at it, or is going to be
};

}  // namespace detail

/// Jobs that run on a reactor's thread pool in the order in which they came, never two at once: for
/// an object that blocks and that one thread at a time may use (a file, a database). Many queues
/// share the pool; none keeps a thread of its own.
///
///     struct Journal {
///       explicit Journal(Reactor& reactor) : queue(reactor) {}
///       Deferred<void> add(std::string line) {
///         return queue.defer([file = file, line = std::move(line)] { file->append(line); });
///       }
///
///       std::shared_ptr<JournalFile> file;  // shared: a job may outlive this
///       SerialQueue queue;
///     };
///
/// The reactor's thread. Cancelling what has not begun takes it out of the queue; what has begun
/// goes on, and its result is dropped. So it is for all jobs when the queue is destroyed
/// (CancelledError): it does not wait for the job that runs, which has to own what it uses. When the
/// reactor shuts down, jobs that came before are finished.
class SerialQueue {
 public:
  explicit SerialQueue(Reactor& reactor)
      : line_(std::make_shared<detail::SerialLine>(reactor, nullptr)) {}
  /// On another pool, which must be stopped before the reactor is destroyed.
  SerialQueue(Reactor& reactor, ThreadPool& pool)
      : line_(std::make_shared<detail::SerialLine>(reactor, &pool)) {}
  SerialQueue(const SerialQueue&) = delete;
  SerialQueue& operator=(const SerialQueue&) = delete;
  ~SerialQueue() { line_->close(); }

  /// Runs f once all that came before is done; fires with what it gave or threw, as deferToThread
  /// does. f is destroyed on the pool's thread; if it never runs, on this one.
  template <class F>
  [[nodiscard]] auto defer(F f) {
    using Given = detail::Plain<std::invoke_result_t<F&>>;
    static_assert(!Given::kDeferred,
                  "a Deferred lives on one thread: give its value, or use the reactor");
    using T = typename Given::Value;
    auto job = std::make_unique<detail::SerialCall<T, F>>(std::move(f));
    Deferred<T> result = job->source().deferred();
    job->source().onCancel(
        [line = std::weak_ptr(line_), each = static_cast<const detail::SerialJob*>(job.get())] {
          if (const auto alive = line.lock()) alive->remove(*each);
        });
    line_->add(std::move(job));
    return result;
  }

  /// How many jobs have not begun.
  [[nodiscard]] std::size_t waiting() const { return line_->waiting(); }

 private:
  const std::shared_ptr<detail::SerialLine> line_;
};

}  // namespace ropewalk
