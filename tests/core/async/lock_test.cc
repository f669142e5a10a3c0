// DeferredLock, DeferredSemaphore, DeferredQueue. Rules L-01 to L-05.
#include "ropewalk/core/async/lock.h"

#include <memory>
#include <stdexcept>
#include <string>

#include "ropewalk/core/testing/deferred_results.h"
#include "tests/catch.h"

using namespace ropewalk;
using namespace ropewalk::testing;

using Token = DeferredSemaphore::Token;

TEST_CASE("L-01: a lock is held by one at a time; waiters are served in order, inside release()") {
  DeferredLock lock;
  Token first = successResultOf(lock.acquire());
  auto second = lock.acquire();
  auto third = lock.acquire();
  assertNoResult(second);
  first.release();
  CHECK(lock.locked());
  Token held = successResultOf(second);
  assertNoResult(third);
  held.release();
  successResultOf(third).release();
  CHECK_FALSE(lock.locked());
}

TEST_CASE("L-01: giving a token back twice is a programming error") {
  DeferredLock lock;
  Token token = successResultOf(lock.acquire());
  token.release();
  CHECK_THROWS_AS(token.release(), std::logic_error);
}

TEST_CASE("L-01: a token that goes out of scope, or that nobody fetches, is given back") {
  DeferredLock lock;
  { const Token token = successResultOf(lock.acquire()); }
  CHECK_FALSE(lock.locked());
  Token held = successResultOf(lock.acquire());
  { const auto dropped = lock.acquire(); }
  held.release();
  CHECK_FALSE(lock.locked());
}

TEST_CASE("L-02: a semaphore has as many tokens as its limit") {
  DeferredSemaphore semaphore(2);
  CHECK(semaphore.limit() == 2);
  Token a = successResultOf(semaphore.acquire());
  const Token b = successResultOf(semaphore.acquire());
  CHECK(semaphore.tokens() == 0);
  auto c = semaphore.acquire();
  assertNoResult(c);
  a.release();
  const Token held = successResultOf(c);
  CHECK(semaphore.tokens() == 0);
  CHECK_THROWS_AS(DeferredSemaphore(0), std::invalid_argument);
}

TEST_CASE("L-03: run holds the lock until what the function gives has come, and passes it on") {
  DeferredLock lock;
  Source<int> work;
  auto first = lock.run([&] { return work.deferred(); });
  auto second = lock.run([] { return std::string("second"); });
  assertNoResult(second);
  work.callback(1);
  CHECK(successResultOf(first) == 1);
  CHECK(successResultOf(second) == "second");
  CHECK_FALSE(lock.locked());
}

TEST_CASE("L-03: run releases when the function throws or fails, too") {
  DeferredLock lock;
  failureResultOf<std::runtime_error>(lock.run([]() -> int { throw std::runtime_error("x"); }));
  failureResultOf<ConnectionLost>(lock.run([] { return fail<int>(ConnectionLost("y")); }));
  CHECK_FALSE(lock.locked());
}

TEST_CASE("L-03: run with a capturing coroutine") {
  DeferredLock lock;
  Source<int> work;
  auto d =
      lock.run([&work, text = std::string("kept for the coroutine")]() -> Deferred<std::string> {
        co_await work.deferred();
        co_return text;
      });
  work.callback(1);
  CHECK(successResultOf(d) == "kept for the coroutine");
}

TEST_CASE(
    "L-04: cancelling a waiter takes it out of the queue; cancelling one that was served does "
    "nothing") {
  DeferredLock lock;
  auto first = lock.acquire();
  auto second = lock.acquire();
  auto third = lock.acquire();
  second.cancel();
  failureResultOf<CancelledError>(second);
  CHECK(lock.waiting() == 1);
  first.cancel();
  successResultOf(first).release();
  successResultOf(third).release();
}

TEST_CASE("a token may outlive its lock, a waiter is told") {
  auto lock = std::make_unique<DeferredLock>();
  Token token = successResultOf(lock->acquire());
  auto waiter = lock->acquire();
  lock.reset();
  failureResultOf<SourceDroppedError>(waiter);
  CHECK_NOTHROW(token.release());
}

TEST_CASE("the callback that gets a token may destroy the lock") {
  auto lock = std::make_unique<DeferredLock>();
  Token token = successResultOf(lock->acquire());
  bool served = false;
  auto waiter = lock->acquire().addCallback([&](const Token&) {
    served = true;
    lock.reset();
  });
  token.release();
  CHECK(served);
}

TEST_CASE("who releases and acquires again does not get in front of those who wait") {
  DeferredLock lock;
  Token token = successResultOf(lock.acquire());
  std::string order;
  auto waiter = lock.acquire().addCallback([&](const Token&) { order += 'w'; });
  token.release();
  auto again = lock.acquire().addCallback([&](const Token&) { order += 'a'; });
  CHECK(order == "wa");
}

TEST_CASE(
    "L-05: put serves the one that waits longest, else keeps the value; get takes the oldest") {
  DeferredQueue<std::string> queue;
  auto first = queue.get();
  auto second = queue.get();
  queue.put("a");
  queue.put("b");
  queue.put("c");
  CHECK(successResultOf(first) == "a");
  CHECK(successResultOf(second) == "b");
  CHECK(queue.pending() == 1);
  CHECK(successResultOf(queue.get()) == "c");
}

TEST_CASE("L-05: past its size a queue overflows, past its backlog it underflows; 0 is a limit") {
  DeferredQueue<int> queue(1, 1);
  queue.put(1);
  CHECK_THROWS_AS(queue.put(2), QueueOverflow);
  CHECK(successResultOf(queue.get()) == 1);
  auto waiter = queue.get();
  failureResultOf<QueueUnderflow>(queue.get());
  queue.put(3);
  CHECK(successResultOf(waiter) == 3);

  DeferredQueue<int> strict(0, 0);
  CHECK_THROWS_AS(strict.put(1), QueueOverflow);
  failureResultOf<QueueUnderflow>(strict.get());
}

TEST_CASE("L-05: a get that is cancelled is taken out, and no value is lost") {
  DeferredQueue<int> queue;
  auto first = queue.get();
  auto second = queue.get();
  first.cancel();
  failureResultOf<CancelledError>(first);
  queue.put(1);
  CHECK(successResultOf(second) == 1);
}
