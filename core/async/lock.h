// Taking turns: DeferredSemaphore, DeferredLock, DeferredQueue. Rules L-01 to L-05.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <utility>

#include "deferred.h"
#include "ropewalk/core/base/handle.h"

namespace ropewalk {

namespace detail {

/// Those who wait for their turn, in order. Cancelling takes one out (L-04).
template <class T>
class Waiters {
 public:
  Waiters() = default;
  Waiters(const Waiters&) = delete;
  Waiters& operator=(const Waiters&) = delete;
  ~Waiters() {
    closed_ = true;
    // SourceDroppedError; their errbacks may cancel others, and may not wait again.
    while (!empty()) takeFirst();
  }

  [[nodiscard]] Deferred<T> wait() {
    if (closed_) return fail<T>(SourceDroppedError("what this waits for is being destroyed"));
    const auto place = sources_.emplace(sources_.end());
    place->onCancel([this, place](Source<T>& source) {
      const Source<T> leaving = std::move(*place);
      sources_.erase(place);
      source.errback(cancelledFailure());
    });
    return place->deferred();
  }
  Source<T> takeFirst() {
    Source<T> first = std::move(sources_.front());
    sources_.pop_front();
    return first;
  }
  [[nodiscard]] bool empty() const noexcept { return sources_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return sources_.size(); }

 private:
  std::list<Source<T>> sources_;
  bool closed_ = false;
};

}  // namespace detail

/// A fixed number of tokens for those who come first. Waiters are served in order. One thread.
///
///     DeferredSemaphore atMost4(4);
///     auto page = atMost4.run([url] { return getPage(url); });
///
///     auto token = co_await atMost4.acquire();  // given back at the end of the scope
///
/// When the semaphore goes first, waiters get SourceDroppedError, and tokens that
/// are out become void.
class DeferredSemaphore {
 public:
  /// One acquired token. Goes back when release() is called, or with the Token itself.
  class [[nodiscard]] Token {
   public:
    Token(Token&& other) noexcept
        : semaphore_(std::exchange(other.semaphore_, {})), held_(other.held_) {
      other.held_ = false;
    }
    Token& operator=(Token&& other) noexcept;
    Token(const Token&) = delete;
    Token& operator=(const Token&) = delete;
    ~Token() {
      if (held_) release();
    }

    /// Hands the token to the first waiter, before it returns. Throws std::logic_error if it
    /// was given back already.
    void release();
    [[nodiscard]] bool held() const noexcept { return held_; }

   private:
    friend class DeferredSemaphore;
    explicit Token(Handle<DeferredSemaphore> semaphore) noexcept : semaphore_(semaphore) {}

    Handle<DeferredSemaphore> semaphore_;
    bool held_ = true;
  };

  /// @param tokens  at least 1, else std::invalid_argument is thrown
  explicit DeferredSemaphore(std::size_t tokens);
  DeferredSemaphore(const DeferredSemaphore&) = delete;
  DeferredSemaphore& operator=(const DeferredSemaphore&) = delete;

  /// A token, at once or when it is one's turn. Cancelling takes the waiter out
  /// of the queue (L-04).
  [[nodiscard]] Deferred<Token> acquire();

  /// Acquires, calls f, and gives the token back when what f gives has come, or failed; passes that
  /// on (L-03). f may be a coroutine that captures.
  template <class F>
  [[nodiscard]] auto run(F f);

  /// Tokens that are free.
  [[nodiscard]] std::size_t tokens() const noexcept { return tokens_; }
  /// Tokens in all.
  [[nodiscard]] std::size_t limit() const noexcept { return limit_; }
  /// Those who wait for one.
  [[nodiscard]] std::size_t waiting() const noexcept { return waiters_.size(); }

 private:
  void giveBack();

  const std::size_t limit_;
  std::size_t tokens_;
  bool serving_ = false;
  detail::Waiters<Token> waiters_;
  Life life_;
};

template <class F>
auto DeferredSemaphore::run(F f) {
  return acquire().addCallback([f = std::move(f)](Token token) mutable {
    return maybeDeferred(std::ref(f)).addBoth([token = std::move(token)](auto& /*result*/) mutable {
      token.release();
    });
  });
}

/// One at a time: a semaphore with one token.
class DeferredLock : public DeferredSemaphore {
 public:
  DeferredLock() : DeferredSemaphore(1) {}
  [[nodiscard]] bool locked() const noexcept { return tokens() == 0; }
};

/// put() on a queue that has as many values as it may.
ROPEWALK_ERROR(QueueOverflow, Error);
/// get() on a queue for which as many wait as may.
ROPEWALK_ERROR(QueueUnderflow, Error);

/// Values for those who ask for them, in order on both sides. One thread.
template <class T>
class DeferredQueue {
 public:
  /// @param size     how many values may lie here unasked for; none: without limit, but 0 is one
  /// @param backlog  how many may wait for a value; likewise
  explicit DeferredQueue(std::optional<std::size_t> size = {},
                         std::optional<std::size_t> backlog = {})
      : size_(size), backlog_(backlog) {}
  DeferredQueue(const DeferredQueue&) = delete;
  DeferredQueue& operator=(const DeferredQueue&) = delete;

  /// Gives the value to whoever waits longest, else keeps it. Throws QueueOverflow when it is full.
  void put(T value) {
    if (!waiters_.empty()) {
      waiters_.takeFirst().callback(std::move(value));
    } else if (!size_ || values_.size() < *size_) {
      values_.push_back(std::move(value));
    } else {
      throw QueueOverflow(queueFullMessage("values", *size_));
    }
  }

  /// The oldest value, or the next one to come. Fails with QueueUnderflow when too many wait.
  /// Cancelling loses nothing.
  [[nodiscard]] Deferred<T> get() {
    if (!values_.empty()) {
      T value = std::move(values_.front());
      values_.pop_front();
      return succeed(std::move(value));
    }
    if (backlog_ && waiters_.size() >= *backlog_) {
      return fail<T>(QueueUnderflow(queueFullMessage("waiters", *backlog_)));
    }
    return waiters_.wait();
  }

  /// Values that nobody has asked for yet.
  [[nodiscard]] std::size_t pending() const noexcept { return values_.size(); }
  /// Those who wait for one.
  [[nodiscard]] std::size_t waiting() const noexcept { return waiters_.size(); }

 private:
  static std::string queueFullMessage(const char* what, std::size_t limit) {
    return "the queue holds " + std::to_string(limit) + ' ' + what + " already";
  }

  const std::optional<std::size_t> size_;
  const std::optional<std::size_t> backlog_;
  std::deque<T> values_;
  detail::Waiters<T> waiters_;
};

}  // namespace ropewalk
