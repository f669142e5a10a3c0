// The thread pool by itself. Run under tsan as well.
#include <pthread.h>
#include <csignal>

#include <atomic>
#include <future>
#include <latch>
#include <set>

#include "ropewalk/core/base/log_capture.h"
#include "ropewalk/core/net/threads/threads.h"
#include "tests/catch.h"

namespace ropewalk {

namespace {

/// Keeps pool threads busy until it is opened.
class Gate {
 public:
  void open() { promise_.set_value(); }
  [[nodiscard]] UniqueFunction<void()> waiter() const {
    return [future = future_] { future.wait(); };
  }

 private:
  std::promise<void> promise_;
  std::shared_future<void> future_ = promise_.get_future().share();
};

template <class F>
bool eventually(F condition) {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace

TEST_CASE("a pool without work has no threads") {
  const ThreadPool pool;
  CHECK(pool.threads() == 0);
}

TEST_CASE("work runs on another thread, in the order it was submitted") {
  std::vector<int> order;
  std::thread::id worker;
  ThreadPool pool({.max = 1});
  for (int i = 0; i < 100; ++i) {
    pool.submit([&, i] {
      order.push_back(i);
      worker = std::this_thread::get_id();
    });
  }
  pool.stop();
  CHECK(order.size() == 100);
  CHECK(std::is_sorted(order.begin(), order.end()));
  CHECK(worker != std::this_thread::get_id());
}

TEST_CASE("threads are made on demand, up to max; what is more waits") {
  Gate gate;
  ThreadPool pool({.max = 3});
  for (int i = 0; i < 5; ++i) pool.submit(gate.waiter());
  CHECK(pool.threads() == 3);
  REQUIRE(eventually([&] { return pool.waiting() == 2; }));
  CHECK(pool.busy() == 3);
  gate.open();
  pool.stop();
  CHECK(pool.waiting() == 0);
}

TEST_CASE("an idle thread is used again before another is made") {
  ThreadPool pool({.max = 10});
  for (int i = 0; i < 20; ++i) {
    std::promise<void> done;
    pool.submit([&] { done.set_value(); });
    done.get_future().wait();
    REQUIRE(eventually([&] { return pool.busy() == 0; }));
  }
  CHECK(pool.threads() == 1);
}

TEST_CASE("idle threads end after a while, but for min") {
  Gate gate;
  ThreadPool pool({.min = 1, .max = 4, .idle = 1ms});
  for (int i = 0; i < 4; ++i) pool.submit(gate.waiter());
  CHECK(pool.threads() == 4);
  gate.open();
  CHECK(eventually([&] { return pool.threads() == 1; }));
  std::promise<void> done;
  pool.submit([&] { done.set_value(); });
  done.get_future().wait();
}

TEST_CASE("a thread of a pool has a name and leaves signals to others") {
  std::promise<std::string> name;
  std::promise<bool> blocked;
  ThreadPool pool({.name = "a-name-that-is-too-long"});
  pool.submit([&] {
    char text[16] = "";
    pthread_getname_np(pthread_self(), text, sizeof text);
    name.set_value(text);
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    blocked.set_value(sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGINT) == 1);
  });
  CHECK(name.get_future().get() == "a-name-that-i-1");
  CHECK(blocked.get_future().get());
}

TEST_CASE("stop finishes what was submitted, and waits for it") {
  std::atomic<int> done{0};
  ThreadPool pool({.max = 2});
  for (int i = 0; i < 50; ++i) pool.submit([&] { ++done; });
  pool.stop();
  CHECK(done == 50);
  CHECK(pool.threads() == 0);
  pool.stop();
}

TEST_CASE("R-08: after stop a submission throws") {
  ThreadPool pool;
  pool.stop();
  CHECK(pool.stopped());
  CHECK_THROWS_AS(pool.submit([] {}), ThreadPoolStopped);
}

TEST_CASE("a pool cannot be stopped by one of its threads") {
  std::promise<bool> refused;
  ThreadPool pool;
  pool.submit([&] {
    try {
      pool.stop();
      refused.set_value(false);
    } catch (const std::logic_error&) {
      refused.set_value(true);
    }
  });
  CHECK(refused.get_future().get());
}

TEST_CASE("what work throws is logged, and its thread goes on") {
  log::testing::Captured captured;
  std::promise<void> done;
  ThreadPool pool({.max = 1});
  pool.submit([] { throw std::runtime_error("no such luck"); });
  pool.submit([&] { done.set_value(); });
  done.get_future().wait();
  pool.stop();
  CHECK(captured.contains(log::Level::error, "no such luck"));
}

TEST_CASE("work is destroyed on the thread that ran it, before the next piece runs") {
  struct Witness {
    std::thread::id* where;
    ~Witness() { *where = std::this_thread::get_id(); }
  };
  std::thread::id ran;
  std::thread::id destroyed;
  ThreadPool pool({.max = 1});
  pool.submit([&ran, witness = std::make_unique<Witness>(Witness{&destroyed})] {
    ran = std::this_thread::get_id();
  });
  pool.stop();
  CHECK(destroyed == ran);
}

TEST_CASE("many threads may submit while threads come and go") {
  std::atomic<int> done{0};
  {
    ThreadPool pool({.max = 4, .idle = 100us});
    std::vector<std::thread> submitters;
    for (int t = 0; t < 4; ++t) {
      submitters.emplace_back([&] {
        for (int i = 0; i < 500; ++i) {
          pool.submit([&] { ++done; });
          if (i % 50 == 0) std::this_thread::yield();
        }
      });
    }
    for (std::thread& thread : submitters) thread.join();
  }
  CHECK(done == 2000);
}

TEST_CASE("a pool that makes no sense is refused") {
  CHECK_THROWS_AS(ThreadPool({.max = 0}), std::invalid_argument);
  CHECK_THROWS_AS(ThreadPool({.min = 3, .max = 2}), std::invalid_argument);
}

}  // namespace ropewalk
