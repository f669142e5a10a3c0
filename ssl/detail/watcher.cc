// Two looks that agree, and differ from what is loaded, are a change.
#include "watcher.h"

#include <sys/stat.h>

#include "context_state.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/net/reactor.h"
#include "ropewalk/ssl/errors.h"

namespace ropewalk::ssl::detail {

void Watcher::start(Reactor& reactor, const std::shared_ptr<ContextState>& state,
                    Duration interval) {
  std::make_shared<Watcher>(reactor, state, interval)->wait();
}

Watcher::Watcher(Reactor& reactor, const std::shared_ptr<ContextState>& state, Duration interval)
    : reactor_(reactor),
      state_(state),
      interval_(interval),
      loaded_(stampsOf(*state)),
      last_(loaded_) {}

Watcher::Stamps Watcher::stampsOf(const ContextState& state) {
  Stamps stamps;
  try {
    for (const std::string& file : state.files()) {
      struct stat status {};
      if (::stat(file.c_str(), &status) != 0) {
        stamps[file] = {};
        continue;
      }
      stamps[file] = {status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_size, status.st_ino};
    }
  } catch (const Error&) {  // a directory that is gone for the moment: the set has changed
    stamps.clear();
  }
  return stamps;
}

void Watcher::wait() {
  reactor_.callLater(interval_, [self = shared_from_this()] { self->look(); });
}

void Watcher::look() {
  const std::shared_ptr<ContextState> state = state_.lock();
  if (!state) return;  // and nobody keeps this any more
  Stamps now = stampsOf(*state);
  const bool settled = now == last_;  // a certificate and its key are seldom replaced in one step
  last_ = std::move(now);
  if (settled && last_ != loaded_) {
    loaded_ = last_;
    try {
      state->reload();
      log::info("TLS: the certificates were loaded again: their files have changed");
    } catch (const std::exception& error) {
      log::error("TLS: the changed certificates are not used, the old ones stay: {}", error.what());
    }
  }
  wait();
}

}  // namespace ropewalk::ssl::detail
