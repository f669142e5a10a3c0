// The oldest poller: select(2). Level-triggered, and blind to descriptors of FD_SETSIZE and above.

#include <sys/select.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <stdexcept>
#include <string>
#include <system_error>

#include "poller.h"

namespace ropewalk {

namespace {

class SelectPoller final : public Poller {
 public:
  SelectPoller() {
    FD_ZERO(&reading_);
    FD_ZERO(&writing_);
  }

  [[nodiscard]] PollerTraits traits() const noexcept override { return {"select", false}; }

  void set(int fd, Interest interest, detail::Watch* watch) override {
    if (fd >= FD_SETSIZE) {
      throw std::length_error("cannot watch descriptor " + std::to_string(fd) +
                              ": select takes those below " + std::to_string(FD_SETSIZE) +
                              "; use the poll or epoll reactor");
    }
    if (interest.none()) return remove(fd);
    watches_[fd] = watch;
    interest.read ? FD_SET(fd, &reading_) : FD_CLR(fd, &reading_);
    interest.write ? FD_SET(fd, &writing_) : FD_CLR(fd, &writing_);
  }

  void remove(int fd) noexcept override {
    if (fd >= FD_SETSIZE || watches_.erase(fd) == 0) return;
    FD_CLR(fd, &reading_);
    FD_CLR(fd, &writing_);
  }

  void wait(Duration timeout, std::vector<Ready>& ready) override {
    fd_set readable = reading_;
    fd_set writable = writing_;
    const int highest = watches_.empty() ? -1 : watches_.rbegin()->first;
    timeval limit{};
    if (timeout >= Duration::zero()) {
      // A day at most: some systems refuse longer waits, and waking once a day costs nothing.
      const auto micro = std::chrono::ceil<std::chrono::microseconds>(
          std::min<Duration>(timeout, std::chrono::hours(24)));
      limit.tv_sec = micro.count() / 1'000'000;
      limit.tv_usec = micro.count() % 1'000'000;
    }
    const int count = ::select(highest + 1, &readable, &writable, nullptr,
                               timeout < Duration::zero() ? nullptr : &limit);
    if (count < 0 && errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "cannot wait for events");
    }
    if (count <= 0) return;
    for (const auto& [fd, watch] : watches_) {
      // select cannot tell a hang-up from data: whoever reads must read to the end.
      const bool canRead = FD_ISSET(fd, &readable);
      const bool canWrite = FD_ISSET(fd, &writable);
      if (canRead || canWrite) {
        ready.push_back({.watch = watch, .readable = canRead, .writable = canWrite});
      }
    }
  }

 private:
  fd_set reading_;
  fd_set writing_;
  std::map<int, detail::Watch*> watches_;
};

}  // namespace

std::unique_ptr<Poller> detail::makeSelectPoller() { return std::make_unique<SelectPoller>(); }

}  // namespace ropewalk
