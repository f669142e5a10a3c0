// One piece of work in the pool for all jobs of a queue: it takes the next one until none is left.

#include "serial_queue.h"

#include <algorithm>

namespace ropewalk::detail {

namespace {
// After so many jobs the others who wait for a thread of the pool have their turn.
constexpr int kJobsInARow = 16;
}  // namespace

void SerialLine::add(std::unique_ptr<SerialJob> job) {
  if (closed_) return job->fail(CancelledError("cannot run this: its queue has gone"));
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    if (std::exchange(working_, true)) return;
  }
  try {
    ThreadPool& pool = pool_ != nullptr ? *pool_ : threadPoolOf(reactor_);
    pool.submit([self = shared_from_this(), &pool] { self->work(pool); });
  } catch (...) {
    std::unique_lock lock(mutex_);
    working_ = false;
    const auto mine = std::move(jobs_.back());
    jobs_.pop_back();
    lock.unlock();
    mine->fail(Failure::current());
  }
}

void SerialLine::remove(const SerialJob& job) {
  std::unique_ptr<SerialJob> doomed;  // goes after the lock
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(jobs_.begin(), jobs_.end(),
                                  [&](const auto& each) { return each.get() == &job; });
  if (found == jobs_.end()) return;
  doomed = std::move(*found);
  jobs_.erase(found);
}

void SerialLine::close() {
  closed_ = true;
  std::list<std::unique_ptr<SerialJob>> rest;
  {
    const std::lock_guard lock(mutex_);
    rest.swap(jobs_);
  }
  for (const auto& job : rest) job->fail(CancelledError("cancelled: its queue has gone"));
}

std::size_t SerialLine::waiting() const {
  const std::lock_guard lock(mutex_);
  return jobs_.size();
}

void SerialLine::work(ThreadPool& pool) {
  for (int row = 0;; ++row) {
    if (row == kJobsInARow) {
      row = 0;
      try {
        return pool.submit([self = shared_from_this(), &pool] { self->work(pool); });
      } catch (...) {  // the pool stops: what it was given is finished here
      }
    }
    std::unique_ptr<SerialJob> job = next();
    if (!job) return;
    job->run();
    callHome(reactor_, [job = std::move(job)] { job->deliver(); });
  }
}

std::unique_ptr<SerialJob> SerialLine::next() {
  const std::lock_guard lock(mutex_);
  if (jobs_.empty()) {
    working_ = false;
    return nullptr;
  }
  std::unique_ptr<SerialJob> job = std::move(jobs_.front());
  jobs_.pop_front();
  return job;
}

}  // namespace ropewalk::detail
