// Watcher: looks at the files of a context, and has it reload when they have changed.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "ropewalk/core/async/clock.h"

namespace ropewalk {
class Reactor;
}

namespace ropewalk::ssl::detail {

class ContextState;

/// Looks by stat(2), not by inotify: certificates are put in place by renaming and by moving links
/// (certbot), on network file systems too; only the names stay. It keeps itself: its timer owns it,
/// and dies with the reactor; it ends when the context is gone.
class Watcher : public std::enable_shared_from_this<Watcher> {
 public:
  static void start(Reactor& reactor, const std::shared_ptr<ContextState>& state,
                    Duration interval);

  Watcher(Reactor& reactor, const std::shared_ptr<ContextState>& state, Duration interval);

 private:
  /// What stat says of each file: time of change, size, inode. None for one that is not there.
  using Stamp = std::tuple<std::int64_t, std::int64_t, std::uint64_t, std::uint64_t>;
  using Stamps = std::map<std::string, Stamp>;

  [[nodiscard]] static Stamps stampsOf(const ContextState& state);
  void wait();
  void look();

  Reactor& reactor_;
  std::weak_ptr<ContextState> state_;
  Duration interval_;
  Stamps loaded_;  // as they were when they were loaded, or were found bad
  Stamps last_;    // as they were a moment ago
};

}  // namespace ropewalk::ssl::detail
