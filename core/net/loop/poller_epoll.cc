// The poller for Linux: epoll(7). Connections are registered once,
// edge-triggered, in both directions.

#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "poller.h"
#include "ropewalk/core/base/fd.h"

namespace ropewalk {

namespace {

// One event a wait costs 3 to 5 % more; past some hundreds nothing is gained.
constexpr std::size_t kEventsPerWait = 256;

class EpollPoller final : public Poller {
 public:
  EpollPoller() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (!epoll_)
      throw std::system_error(errno, std::generic_category(), "cannot make an epoll descriptor");
  }

  [[nodiscard]] PollerTraits traits() const noexcept override { return {"epoll", true}; }

  void set(int fd, Interest interest, detail::Watch* watch) override {
    epoll_event event{};
    event.events = (interest.read ? EPOLLIN | EPOLLRDHUP : 0U) | (interest.write ? EPOLLOUT : 0U) |
                   (interest.edge ? EPOLLET : 0U);
    event.data.ptr = watch;
    // Level-triggered watches without interest are taken out: epoll reports hang-ups even when
    // nothing is asked for.
    if (interest.none()) return remove(fd);
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0) return;
    if (errno == EEXIST && ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) == 0) return;
    throw std::system_error(errno, std::generic_category(), "cannot watch a descriptor");
  }

  void remove(int fd) noexcept override { ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }

  void wait(Duration timeout, std::vector<Ready>& ready) override {
    const int count = ::epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()),
                                   detail::toMilliseconds(timeout));
    if (count < 0 && errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "cannot wait for events");
    }
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events_[static_cast<std::size_t>(i)];
      const bool error = (event.events & EPOLLERR) != 0;
      const bool closed = (event.events & EPOLLHUP) != 0;
      ready.push_back({.watch = static_cast<detail::Watch*>(event.data.ptr),
                       .readable = (event.events & (EPOLLIN | EPOLLRDHUP)) != 0 || closed || error,
                       .writable = (event.events & EPOLLOUT) != 0 || closed || error,
                       .hangup = (event.events & EPOLLRDHUP) != 0 || closed || error,
                       .error = error});
    }
  }

 private:
  UniqueFd epoll_;
  std::array<epoll_event, kEventsPerWait> events_{};
};

}  // namespace

std::unique_ptr<Poller> detail::makeEpollPoller() { return std::make_unique<EpollPoller>(); }

}  // namespace ropewalk
