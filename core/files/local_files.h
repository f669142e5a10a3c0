// LocalFiles: the files below a directory of this machine. openat2(2), preadv2(2).
#pragma once

#include <memory>
#include <string>

#include "beneath.h"
#include "files.h"

namespace ropewalk {

class Reactor;

/// What lies below a directory, and nothing outside of it, whatever links there are and whoever
/// renames what meanwhile. Must go before its reactor.
///
///     LocalFiles music(reactor, "/srv/music");
///     const FileStatus status = co_await music.stat(Path::parse("/index.txt").value());
///
/// Answers within the call what the kernel has in memory; the rest comes from the reactor's thread
/// pool, so no slow disk holds up the loop. The directory itself is opened once: one that takes its
/// name later is not served.
class LocalFiles final : public Files {
 public:
  /// @throws FilesError when the directory cannot be opened
  LocalFiles(Reactor& reactor, const std::string& directory, Symlinks symlinks = Symlinks::beneath);

  using Files::stat;
  [[nodiscard]] Deferred<FileStatus> stat(Path path, LastLink last) override;
  [[nodiscard]] Deferred<std::unique_ptr<Listing>> list(Path path) override;
  [[nodiscard]] Deferred<std::unique_ptr<File>> open(Path path) override;
  [[nodiscard]] Deferred<std::string> readLink(Path path) override;

 private:
  Reactor& reactor_;
  const Symlinks symlinks_;
  const SharedFd root_;
};

}  // namespace ropewalk
