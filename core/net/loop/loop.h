// Loop: the inside of a Reactor, as transports see it: watches, the flush at the end of a turn, the
// reaping of what was closed.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "poller.h"
#include "ropewalk/core/base/unique_function.h"
#include "watch.h"

namespace ropewalk {

class Reactor;

namespace detail {

class BlockingCalls;
class DatagramBuffers;
class FileNotices;

/// Something that gathers what was written in a turn, and sends it at the end of the turn. Leaves
/// the queue by itself when it dies.
class Flushable {
 public:
  explicit Flushable(Loop& loop) noexcept : flushLoop_(loop) {}
  Flushable(const Flushable&) = delete;
  Flushable& operator=(const Flushable&) = delete;
  virtual ~Flushable();

  /// Sends. Must not call user code. May write to another Flushable: that one is flushed
  /// later in the same step.
  virtual void flush() = 0;

 protected:
  void flushLater();

 private:
  friend class Loop;
  Loop& flushLoop_;
  bool flushQueued_ = false;
};

/// Owned by its reactor. One thread, but for callFromThread and wake.
class Loop {
 public:
  Loop(Reactor& reactor, std::unique_ptr<Poller> poller);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();

  [[nodiscard]] Reactor& reactor() const noexcept { return reactor_; }
  [[nodiscard]] PollerTraits poller() const noexcept { return traits_; }

  // Watches.

  /// Takes ownership and registers the descriptor: with an edge-triggered poller once, for both
  /// directions. Throws what Poller::set throws, after destroying the watch.
  template <class W>
  W& own(std::unique_ptr<W> watch) {
    W& kept = *watch;
    adopt(std::move(watch));
    return kept;
  }
  /// Unregisters it; it is freed at the end of the turn. Its descriptor may be closed as
  /// soon as this returns.
  void retire(Watch& watch) noexcept;
  /// Calls f for each owned watch; f may retire any of them.
  void forEach(const std::function<void(Watch&)>& f);
  /// How many streams are open; they count themselves.
  [[nodiscard]] std::size_t streams() const noexcept { return streams_; }
  void streamOpened() noexcept { ++streams_; }
  void streamClosed() noexcept { --streams_; }
  /// How many of them came by a listening port.
  [[nodiscard]] std::size_t accepted() const noexcept { return accepted_; }
  void acceptedOpened() noexcept { ++accepted_; }
  void acceptedClosed() noexcept { --accepted_; }

  // The steps of a turn, in order.

  /// (1) Waits, at most `timeout`; not at all when something is left over from the last turn.
  void wait(Duration timeout);
  /// (2) Calls whoever is ready.
  void dispatch();
  /// (4) Runs what callSoon and callFromThread queued before.
  void runCalls();
  /// (5) Sends what was written in this turn.
  void flush();
  /// (6) Frees what was retired in this turn.
  void reap() noexcept;

  // Calls.

  void callSoon(UniqueFunction<void()> f) { soon_.push_back(std::move(f)); }
  void callFromThread(UniqueFunction<void()> f);
  /// Ends the current or next wait. Any thread, and async-signal-safe.
  void wake() noexcept;
  /// The threads that wait for an answer from this one (blockingCallFromThread). Any thread.
  [[nodiscard]] const std::shared_ptr<BlockingCalls>& blockingCalls() const noexcept {
    return blockingCalls_;
  }
  /// True when the next turn must not wait.
  [[nodiscard]] bool busy() const noexcept;

  // For transports.

  /// Where a stream reads to, before it hands the bytes up as a view: one buffer for all.
  [[nodiscard]] std::span<char> readBuffer() noexcept { return readBuffer_; }
  /// What datagram ports share; made on first use.
  [[nodiscard]] DatagramBuffers& datagrams();
  /// Made on first use, and asked for again by who got none: null, with errno set, where the kernel
  /// has no more.
  [[nodiscard]] FileNotices* fileNotices();
  /// A descriptor was closed: ports that stopped accepting for want of one try again.
  void descriptorFreed();
  /// Has the watch notified when a descriptor is freed.
  void notifyWhenDescriptorFreed(Watch& watch);

  /// Runs f; an exception is logged with `what` and swallowed.
  static void guard(const char* what, UniqueFunction<void()>& f) noexcept;

 private:
  friend class Watch;
  friend class Flushable;
  class Waker;

  static constexpr std::size_t kReadBufferSize = 64 * 1024;

  void adopt(std::unique_ptr<Watch> watch);
  void registerWatch(Watch& watch);
  void setInterest(Watch& watch);
  void interestChanged(Watch& watch, bool writing);
  void again(Watch& watch);
  void dispatchTo(Watch& watch);
  void link(Watch& watch) noexcept;
  void unlink(Watch& watch) noexcept;

  Reactor& reactor_;
  std::unique_ptr<Poller> poller_;
  PollerTraits traits_;
  std::vector<char> readBuffer_;
  std::unique_ptr<DatagramBuffers> datagrams_;
  std::vector<Ready> ready_;
  std::vector<Watch*> again_;  // ready or to be notified, whatever the poller says
  std::vector<Watch*> dispatching_;
  std::vector<Watch*> alwaysReady_;
  std::vector<Watch*> starved_;  // wait for a free descriptor
  std::vector<Flushable*> flushQueue_;
  std::vector<std::unique_ptr<Watch>> retired_;
  Watch* first_ = nullptr;
  std::size_t streams_ = 0;
  std::size_t accepted_ = 0;
  std::vector<UniqueFunction<void()>> soon_;
  std::vector<UniqueFunction<void()>> running_;
  std::mutex threadMutex_;
  std::vector<UniqueFunction<void()>> fromThreads_;  // under threadMutex_
  std::atomic<bool> woken_{false};
  Waker* waker_ = nullptr;
  FileNotices* fileNotices_ = nullptr;
  const std::shared_ptr<BlockingCalls> blockingCalls_;
};

}  // namespace detail
}  // namespace ropewalk
