// The back ends that this machine has, best first.

#include "poller.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

#include "ropewalk/core/base/error.h"
#include "ropewalk/core/net/reactor.h"

namespace ropewalk {

namespace {

struct Kind {
  std::string_view name;
  std::unique_ptr<Poller> (*make)();
};

constexpr std::array kKinds{
#ifdef __linux__
    Kind{"epoll", detail::makeEpollPoller},
#endif
    Kind{"poll", detail::makePollPoller},
    Kind{"select", detail::makeSelectPoller},
};

}  // namespace

std::unique_ptr<Poller> makePoller(std::string_view name) {
  std::string names;
  for (const Kind& kind : kKinds) {
    if (kind.name == name) return kind.make();
    names += names.empty() ? "" : ", ";
    names += kind.name;
  }
  throw NoSuchReactor("no reactor is called '" + std::string(name) +
                      "'; this machine has: " + names);
}

std::vector<std::string_view> reactorTypes() {
  std::vector<std::string_view> names;
  for (const Kind& kind : kKinds) names.push_back(kind.name);
  return names;
}

int detail::toMilliseconds(Duration timeout) noexcept {
  if (timeout < Duration::zero()) return -1;
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
  return static_cast<int>(std::min<std::int64_t>(milliseconds, std::numeric_limits<int>::max()));
}

}  // namespace ropewalk
