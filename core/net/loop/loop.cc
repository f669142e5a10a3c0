// Who is called in which order: readiness that is remembered for each watch, lists of those that go
// on in the next turn, and the freeing of what was retired.

#include "loop.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "blocking_calls.h"
#include "ropewalk/core/base/failure.h"
#include "ropewalk/core/base/fd.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/net/detail/file_notices.h"
#include "ropewalk/core/net/udp/detail/datagram_buffers.h"

namespace ropewalk::detail {

// Watch and Flushable: the parts that need the loop.

void Watch::wantReading(bool on) {
  if (wantRead_ == on || retired_) return;
  wantRead_ = on;
  loop_.interestChanged(*this, false);
}

void Watch::wantWriting(bool on) {
  if (wantWrite_ == on || retired_) return;
  wantWrite_ = on;
  loop_.interestChanged(*this, true);
}

void Watch::notifyLater() {
  notify_ = true;
  loop_.again(*this);
}

void Watch::readAgain() {
  readReady_ = true;
  loop_.again(*this);
}

Flushable::~Flushable() {
  if (flushQueued_) std::erase(flushLoop_.flushQueue_, this);
}

void Flushable::flushLater() {
  if (std::exchange(flushQueued_, true)) return;
  flushLoop_.flushQueue_.push_back(this);
}

/// Ends a wait from another thread or a signal handler.
class Loop::Waker final : public Watch {
 public:
  explicit Waker(Loop& loop) : Waker(loop, UniqueFd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC))) {}

  void signal() const noexcept {
    const std::uint64_t one = 1;
    // A full counter is as good as one more: the reader is late already.
    [[maybe_unused]] const auto written = ::write(event_.get(), &one, sizeof one);
  }
  void disconnect() override {}

 private:
  Waker(Loop& loop, UniqueFd event) : Watch(loop, event.get()), event_(std::move(event)) {
    if (!event_)
      throw std::system_error(errno, std::generic_category(), "cannot make an event descriptor");
    wantReading(true);
  }
  void readable() override {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(event_.get(), &count, sizeof count);
    readBlocked();
  }

  UniqueFd event_;
};

Loop::Loop(Reactor& reactor, std::unique_ptr<Poller> poller)
    : reactor_(reactor),
      poller_(std::move(poller)),
      traits_(poller_->traits()),
      readBuffer_(kReadBufferSize),
      blockingCalls_(std::make_shared<BlockingCalls>()) {
  // The thread's table of lives is made before, and so outlives, whatever this loop owns.
  Life().id();
  waker_ = &own(std::make_unique<Waker>(*this));
}

Loop::~Loop() {
  while (first_ != nullptr) retire(*first_);
  reap();
}

void Loop::adopt(std::unique_ptr<Watch> watch) {
  registerWatch(*watch);
  link(*watch.release());
}

void Loop::registerWatch(Watch& watch) {
  if (watch.fd_ < 0) return;
  watch.edge_ = traits_.edgeTriggered && !watch.level_;
  setInterest(watch);
  watch.registered_ = true;
}

void Loop::setInterest(Watch& watch) {
  try {
    poller_->set(watch.fd_,
                 {.read = watch.edge_ || watch.wantRead_,
                  .write = (watch.edge_ && !watch.writesRarely_) || watch.wantWrite_,
                  .edge = watch.edge_},
                 &watch);
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::operation_not_permitted) throw;
    watch.always_ = true;  // epoll refuses regular files, which never block
    watch.edge_ = false;
    alwaysReady_.push_back(&watch);
  }
}

void Loop::retire(Watch& watch) noexcept {
  if (watch.retired_) return;
  watch.retired_ = true;
  if (watch.registered_) poller_->remove(watch.fd_);
  if (watch.queued_) std::erase(again_, &watch);
  if (watch.always_) std::erase(alwaysReady_, &watch);
  std::erase(starved_, &watch);
  watch.life_.end();
  unlink(watch);
  retired_.emplace_back(&watch);
}

void Loop::forEach(const std::function<void(Watch&)>& f) {
  // Retired watches stay allocated until the reaping, so a list of pointers
  // survives whatever f does.
  std::vector<Watch*> all;
  for (Watch* watch = first_; watch != nullptr; watch = watch->next_) all.push_back(watch);
  for (Watch* watch : all) {
    if (!watch->retired_) f(*watch);
  }
}

void Loop::link(Watch& watch) noexcept {
  watch.next_ = first_;
  if (first_ != nullptr) first_->previous_ = &watch;
  first_ = &watch;
}

void Loop::unlink(Watch& watch) noexcept {
  if (watch.next_ != nullptr) watch.next_->previous_ = watch.previous_;
  (watch.previous_ != nullptr ? watch.previous_->next_ : first_) = watch.next_;
}

void Loop::interestChanged(Watch& watch, bool writing) {
  if (watch.always_) return;
  if (watch.edge_) {
    const bool due =
        (watch.wantRead_ && watch.readReady_) || (watch.wantWrite_ && watch.writeReady_);
    if (due) again(watch);
    if (writing && watch.writesRarely_ && watch.registered_) setInterest(watch);
  } else if (watch.registered_) {
    setInterest(watch);
  }
}

void Loop::again(Watch& watch) {
  if (watch.retired_ || watch.queued_) return;
  watch.queued_ = true;
  again_.push_back(&watch);
}

bool Loop::busy() const noexcept {
  return !again_.empty() || !soon_.empty() || !flushQueue_.empty() ||
         woken_.load(std::memory_order_acquire) ||
         std::any_of(alwaysReady_.begin(), alwaysReady_.end(),
                     [](const Watch* watch) { return watch->wantRead_ || watch->wantWrite_; });
}

void Loop::wait(Duration timeout) {
  ready_.clear();
  poller_->wait(busy() ? Duration::zero() : timeout, ready_);
}

void Loop::dispatch() {
  dispatching_.swap(again_);
  for (Watch* watch : dispatching_) watch->queued_ = false;
  for (const Ready& ready : ready_) {
    Watch& watch = *ready.watch;
    watch.readReady_ |= ready.readable;
    watch.writeReady_ |= ready.writable;
    watch.hangup_ |= ready.hangup;
    watch.error_ |= ready.error;
    watch.notify_ |= ready.error;  // whoever has paused must hear of it too
    dispatchTo(watch);
  }
  // What is left over from the last turn comes after what is new: nobody starves. A watch that was
  // retired meanwhile is still allocated, and dispatchTo passes it over.
  for (Watch* watch : dispatching_) dispatchTo(*watch);
  dispatching_.clear();
  for (std::size_t i = 0; i < alwaysReady_.size(); ++i) {
    Watch& watch = *alwaysReady_[i];
    watch.readReady_ = watch.writeReady_ = true;
    dispatchTo(watch);
  }
}

void Loop::dispatchTo(Watch& watch) {
  if (watch.notify_ && !watch.retired_) {
    watch.notify_ = false;
    watch.notified();
  }
  if (watch.readReady_ && watch.wantRead_ && !watch.retired_) watch.readable();
  if (watch.writeReady_ && watch.wantWrite_ && !watch.retired_) watch.writable();
  if (watch.retired_) return;
  if (!watch.edge_) {
    watch.readReady_ = watch.writeReady_ = false;
  } else if ((watch.readReady_ && watch.wantRead_) || (watch.writeReady_ && watch.wantWrite_)) {
    again(watch);  // it stopped for fairness' sake
  }
}

void Loop::callFromThread(UniqueFunction<void()> f) {
  {
    const std::lock_guard lock(threadMutex_);
    fromThreads_.push_back(std::move(f));
  }
  wake();
}

void Loop::wake() noexcept {
  if (!woken_.exchange(true, std::memory_order_acq_rel)) waker_->signal();
}

void Loop::runCalls() {
  // What these calls queue in turn runs in the next turn.
  running_.swap(soon_);
  if (woken_.exchange(false, std::memory_order_acq_rel)) {
    const std::lock_guard lock(threadMutex_);
    running_.insert(running_.end(), std::make_move_iterator(fromThreads_.begin()),
                    std::make_move_iterator(fromThreads_.end()));
    fromThreads_.clear();
  }
  for (auto& call : running_) guard("a call", call);
  running_.clear();
}

void Loop::flush() {
  // By index: flushing a filter may queue the transport below it.
  for (std::size_t i = 0; i < flushQueue_.size(); ++i) {  // NOLINT(modernize-loop-convert)
    Flushable& flushable = *flushQueue_[i];
    flushable.flushQueued_ = false;
    flushable.flush();
  }
  flushQueue_.clear();
}

void Loop::reap() noexcept {
  // A destructor may retire more: those go in the next round.
  while (!retired_.empty()) {
    const auto doomed = std::exchange(retired_, {});
  }
}

DatagramBuffers& Loop::datagrams() {
  if (!datagrams_) datagrams_ = std::make_unique<DatagramBuffers>();
  return *datagrams_;
}

FileNotices* Loop::fileNotices() {
  if (fileNotices_ == nullptr) {
    if (auto made = FileNotices::make(*this)) fileNotices_ = &own(std::move(made));
  }
  return fileNotices_;
}

void Loop::descriptorFreed() {
  for (Watch* watch : std::exchange(starved_, {})) watch->notifyLater();
}

void Loop::notifyWhenDescriptorFreed(Watch& watch) { starved_.push_back(&watch); }

void Loop::guard(const char* what, UniqueFunction<void()>& f) noexcept {
  try {
    f();
  } catch (...) {
    log::error("unhandled error in {}: {}", what, Failure::current());
  }
}

}  // namespace ropewalk::detail
