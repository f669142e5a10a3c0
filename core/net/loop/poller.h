// Poller: the back end of a reactor: asks the kernel which descriptors are ready. Four virtuals;
// one class for each of epoll, poll, select.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "ropewalk/core/async/timer_queue.h"

namespace ropewalk {

namespace detail {
class Watch;
}

/// What one descriptor is watched for.
struct Interest {
  bool read = false;
  bool write = false;
  bool edge = false;  ///< report changes only; honoured by pollers whose traits say edgeTriggered
  [[nodiscard]] bool none() const noexcept { return !read && !write; }
};

/// One descriptor that is ready.
struct Ready {
  detail::Watch* watch = nullptr;
  bool readable = false;
  bool writable = false;
  /// The peer has closed its side: read on to the end, a short read proves nothing.
  bool hangup = false;
  bool error = false;  ///< the connection is broken in both directions
};

struct PollerTraits {
  std::string_view name;       ///< as makePoller takes it: "epoll", "poll", "select"
  bool edgeTriggered = false;  ///< it heeds Interest::edge
};

/// Owned by one reactor, used from its thread alone.
class Poller {
 public:
  Poller() = default;
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;
  virtual ~Poller() = default;

  [[nodiscard]] virtual PollerTraits traits() const noexcept = 0;
  /// Watches `fd`, or changes what it is watched for. Throws std::system_error: EPERM for what
  /// cannot be polled (regular files), ENOSPC and the like; select throws std::length_error for a
  /// descriptor past FD_SETSIZE.
  virtual void set(int fd, Interest interest, detail::Watch* watch) = 0;
  /// Forgets `fd`; one that it does not know is ignored.
  virtual void remove(int fd) noexcept = 0;
  /// Waits for at most `timeout` (negative: without end) and appends what is ready. A signal
  /// ends the wait early.
  virtual void wait(Duration timeout, std::vector<Ready>& ready) = 0;
};

/// @throws NoSuchReactor for an unknown name, with those that there are
[[nodiscard]] std::unique_ptr<Poller> makePoller(std::string_view name);

namespace detail {
std::unique_ptr<Poller> makeEpollPoller();
std::unique_ptr<Poller> makePollPoller();
std::unique_ptr<Poller> makeSelectPoller();

/// A time-out for poll and epoll_wait: milliseconds rounded up (waking early
/// would spin), -1 for none.
int toMilliseconds(Duration timeout) noexcept;
}  // namespace detail

}  // namespace ropewalk
