// watchFiles: tells when files may have changed: by inotify(7), else by looking now and then.
// docs/watching-files.md.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/base/unique_function.h"

namespace ropewalk {

class Reactor;
namespace detail {
class FileWatcher;
}

/// How watchFiles watches.
struct WatchFilesOptions {
  /// So long after the last change of a burst it is told; of a burst that does not end, after ten
  /// times as long.
  Duration settle = 200ms;
  /// How often the files are looked at where the kernel does not tell.
  Duration look = 3s;
  /// False for network file systems, whose kernel tells only of changes made here.
  bool inotify = true;
};

/// Watches files for as long as it lives. Must go before its reactor; on its thread. May be
/// destroyed by the function that it calls.
class [[nodiscard]] FileWatch {
 public:
  FileWatch() noexcept;
  explicit FileWatch(std::unique_ptr<detail::FileWatcher> watcher) noexcept;
  FileWatch(FileWatch&&) noexcept;
  FileWatch& operator=(FileWatch&&) noexcept;
  ~FileWatch();

 private:
  std::unique_ptr<detail::FileWatcher> watcher_;
};

/// Calls `changed` when one of these files may have another content, once for many changes in a row.
/// A file need not exist yet; it may come, go, be written to, or be replaced by another one, also
/// where a symbolic link or a directory on its path is what is replaced. Watch first and then read:
/// so no change is missed.
///
///     struct Zone {
///       Zone(Reactor& reactor, std::string file)
///           : path(std::move(file)), watch(watchFiles(reactor, {path}, [this] { read(); })) {
///         read();
///       }
///       void read();
///
///       std::string path;
///       FileWatch watch;
///     };
///
/// Where the kernel cannot tell (no inotify, a limit reached, no right to read a directory on the
/// path) it says so in the log, once, and looks itself. It does that every 30 s in any case: writes
/// by mmap and from other machines are told by nobody.
/// @param paths    of files, not of directories; relative ones from where this process is now
/// @param changed  called by the reactor, never from inside this call
FileWatch watchFiles(Reactor& reactor, std::vector<std::string> paths,
                     UniqueFunction<void()> changed,
                     WatchFilesOptions options = WatchFilesOptions());

}  // namespace ropewalk
