// The poller that every POSIX system has: poll(2). Level-triggered; a wait looks
// at every descriptor.

#include <poll.h>

#include <cerrno>
#include <system_error>

#include "poller.h"

namespace ropewalk {

namespace {

#ifdef POLLRDHUP
constexpr short kPeerClosed = POLLRDHUP;
#else
constexpr short kPeerClosed = 0;
#endif

class PollPoller final : public Poller {
 public:
  [[nodiscard]] PollerTraits traits() const noexcept override { return {"poll", false}; }

  void set(int fd, Interest interest, detail::Watch* watch) override {
    // poll reports hang-ups even when nothing is asked for: what nobody waits for is taken out.
    if (interest.none()) return remove(fd);
    const auto index = static_cast<std::size_t>(fd);
    if (index >= positions_.size()) positions_.resize(index + 1, kNone);
    if (positions_[index] == kNone) {
      watches_.push_back(watch);
      polled_.push_back({});
      positions_[index] = polled_.size() - 1;
    }
    const std::size_t position = positions_[index];
    watches_[position] = watch;
    polled_[position] = {fd,
                         static_cast<short>((interest.read ? POLLIN | kPeerClosed : 0) |
                                            (interest.write ? POLLOUT : 0)),
                         0};
  }

  void remove(int fd) noexcept override {
    const auto index = static_cast<std::size_t>(fd);
    if (index >= positions_.size() || positions_[index] == kNone) return;
    const std::size_t position = positions_[index];
    polled_[position] = polled_.back();
    watches_[position] = watches_.back();
    positions_[static_cast<std::size_t>(polled_[position].fd)] = position;
    positions_[index] = kNone;
    polled_.pop_back();
    watches_.pop_back();
  }

  void wait(Duration timeout, std::vector<Ready>& ready) override {
    int count = ::poll(polled_.data(), polled_.size(), detail::toMilliseconds(timeout));
    if (count < 0 && errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "cannot wait for events");
    }
    for (std::size_t i = 0; i < polled_.size() && count > 0; ++i) {
      const short events = polled_[i].revents;
      if (events == 0) continue;
      --count;
      const bool error = (events & (POLLERR | POLLNVAL)) != 0;
      const bool closed = (events & POLLHUP) != 0;
      ready.push_back({.watch = watches_[i],
                       .readable = (events & (POLLIN | kPeerClosed)) != 0 || closed || error,
                       .writable = (events & POLLOUT) != 0 || closed || error,
                       .hangup = (events & kPeerClosed) != 0 || closed || error,
                       .error = error});
    }
  }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  std::vector<pollfd> polled_;
  std::vector<detail::Watch*> watches_;  // beside polled_
  std::vector<std::size_t> positions_;   // by descriptor: where in polled_
};

}  // namespace

std::unique_ptr<Poller> detail::makePollPoller() { return std::make_unique<PollPoller>(); }

}  // namespace ropewalk
