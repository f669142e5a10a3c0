// One queue under one mutex: who submits starts threads and joins those that ended.

#include "threads.h"

#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>
#include <system_error>

#include "ropewalk/core/base/log.h"
#include "ropewalk/core/net/loop/loop.h"
#include "ropewalk/core/net/reactor.h"

namespace ropewalk {

namespace {

constexpr Duration kLongestWait = 24h;  // "for ever" must not overflow the clock

/// Blocks all signals while it lives: a thread that is made meanwhile inherits that, and is never
/// chosen to handle one.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

thread_local bool poolThread = false;

void nameThisThread(const std::string& name, std::size_t number) {
  constexpr std::size_t kLongest = 15;  // pthread_setname_np refuses more
  const std::string suffix = "-" + std::to_string(number);
  const std::string all = name.substr(0, kLongest - std::min(suffix.size(), kLongest)) + suffix;
  pthread_setname_np(pthread_self(), all.c_str());
}

}  // namespace

ThreadPool::ThreadPool(ThreadPoolOptions options) : options_(std::move(options)) {
  if (options_.max == 0 || options_.min > options_.max) {
    throw std::invalid_argument(
        "cannot make a thread pool: it needs at least one thread, and no more at least than at "
        "most");
  }
}

ThreadPool::~ThreadPool() { stop(); }

void ThreadPool::submit(UniqueFunction<void()> work) {
  const std::lock_guard lock(mutex_);
  if (stopping_) throw ThreadPoolStopped("cannot run this on a thread: the pool has stopped");
  joinEnded();
  work_.push_back(std::move(work));
  if (work_.size() > idle_ && threads_.size() < options_.max) {
    try {
      startThread();
    } catch (const std::system_error&) {
      if (threads_.empty()) {  // else those there are get to it
        work_.pop_back();
        throw;
      }
    }
  }
  changed_.notify_one();
}

void ThreadPool::startThread() {
  const SignalsBlocked blocked;
  const auto self = threads_.emplace(threads_.end());
  try {
    *self = std::thread([this, self, number = made_ + 1] { run(self, number); });
  } catch (...) {
    threads_.erase(self);
    throw;
  }
  ++made_;
}

void ThreadPool::run(Threads::iterator self, std::size_t number) {
  nameThisThread(options_.name, number);
  poolThread = true;
  std::unique_lock lock(mutex_);
  while (waitForWork(lock)) {
    UniqueFunction<void()> work = std::move(work_.front());
    work_.pop_front();
    lock.unlock();
    try {
      work();
    } catch (...) {
      log::error("unhandled error in a pool thread: {}", Failure::current().getTraceback());
    }
    work.reset();  // here, not under the lock
    lock.lock();
  }
  // Somebody else joins: a thread cannot wait for itself.
  ended_.splice(ended_.end(), threads_, self);
  threadEnded_.notify_all();
}

/// @return false when the thread is to end: it was idle for long enough, or everything is
/// done and the pool stops
bool ThreadPool::waitForWork(std::unique_lock<std::mutex>& lock) {
  ++idle_;
  const auto due = [this] { return stopping_ || !work_.empty(); };
  while (!changed_.wait_for(lock, std::min(options_.idle, kLongestWait), due)) {
    if (threads_.size() > options_.min) break;
  }
  --idle_;
  return !work_.empty();
}

/// Threads that ended by themselves: joining them takes no time. Under mutex_,
/// which they have left.
void ThreadPool::joinEnded() {
  for (std::thread& thread : ended_) thread.join();
  ended_.clear();
}

void ThreadPool::stop() {
  std::unique_lock lock(mutex_);
  for (const std::thread& thread : threads_) {
    if (thread.get_id() == std::this_thread::get_id()) {
      throw std::logic_error(
          "cannot stop a thread pool from one of its threads: it would wait for itself");
    }
  }
  stopping_ = true;
  changed_.notify_all();
  threadEnded_.wait(lock, [this] { return threads_.empty(); });
  joinEnded();
}

bool ThreadPool::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

std::size_t ThreadPool::threads() const {
  const std::lock_guard lock(mutex_);
  return threads_.size();
}

std::size_t ThreadPool::busy() const {
  const std::lock_guard lock(mutex_);
  return threads_.size() - idle_;
}

std::size_t ThreadPool::waiting() const {
  const std::lock_guard lock(mutex_);
  return work_.size();
}

namespace detail {

void callHome(Reactor& reactor, UniqueFunction<void()> deliver) {
  reactor.callFromThread(std::move(deliver));
}

ThreadPool& threadPoolOf(Reactor& reactor) { return reactor.threadPool(); }

std::shared_ptr<BlockingCalls> blockingCallsOf(Reactor& reactor) {
  return reactor.loop().blockingCalls();
}

Reactor& reactorOfThisThread() { return reactor(); }

bool onPoolThread() noexcept { return poolThread; }

void refuseToWaitForOneself(const Reactor& reactor) {
  if (reactor.running() || !isOfThisThread(reactor)) return;
  throw std::logic_error(
      "cannot wait for this thread's own reactor, which does not run while this thread waits: call "
      "the function directly, or run the reactor and wait on another thread");
}

}  // namespace detail

}  // namespace ropewalk
