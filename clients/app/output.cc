// Writing until there is no room, and again when there is.
#include "output.h"

#include <utility>

#include "ropewalk/core/base/failure.h"
#include "ropewalk/core/net/reactor.h"

namespace ropewalk::app {

Output::Output(Reactor& reactor, int fd, std::string name)
    : reactor_(reactor), outlet_(fd, std::move(name)) {}

Output::~Output() { reactor_.removeWriter(outlet_.fd()); }

Deferred<void> Output::write(std::string bytes) {
  bytes_ = std::move(bytes);
  left_ = bytes_;
  try {
    outlet_.write(left_);
  } catch (...) {
    return fail<void>(Failure::current());
  }
  if (left_.empty()) return succeed();
  done_.emplace();
  done_->onCancel([this](Source<void>&) { reactor_.removeWriter(outlet_.fd()); });
  reactor_.addWriter(outlet_.fd(), [this] { writable(); });
  return done_->deferred();
}

void Output::writable() {
  Result<void> result;
  try {
    outlet_.write(left_);
    if (!left_.empty()) return;
  } catch (...) {
    result = Failure::current();
  }
  reactor_.removeWriter(outlet_.fd());
  Source<void> done = *std::exchange(done_, std::nullopt);
  done.fire(result);
}

}  // namespace ropewalk::app
