// FileWatcher: what stands behind a FileWatch: the names that matter, and when to tell.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "file_notices.h"
#include "ropewalk/core/net/dns/file_stamp.h"
#include "ropewalk/core/net/watch_files.h"

namespace ropewalk::detail {

/// Follows each path as the kernel does, and has every name on the way watched: what a path means
/// changes with any of them. A directory is watched before a name in it is looked at; so what
/// happens in between is noticed.
class FileWatcher final : private FileNotices::Listener {
 public:
  FileWatcher(Reactor& reactor, std::vector<std::string> paths, UniqueFunction<void()> changed,
              WatchFilesOptions options);
  FileWatcher(const FileWatcher&) = delete;
  FileWatcher& operator=(const FileWatcher&) = delete;
  ~FileWatcher();

 private:
  /// By the number of a watch: the names in that directory. Of a file: none.
  using Names = std::map<int, std::set<std::string, std::less<>>>;

  void noticed(int watch, std::string_view name) override;
  void overflowed() override { concerned_ = true; }
  void noticesEnd() override;

  void follow();
  void followPath(const std::string& path, FileNotices& notices, Names& names);
  [[nodiscard]] bool note(const std::string& path, const std::string& name, FileNotices& notices,
                          Names& names);
  void cannotBeTold(const std::string& what, int error);
  void lookLater();
  void look();
  [[nodiscard]] std::vector<FileStamp> stamps() const;
  void changing();
  void tell();

  Reactor& reactor_;
  const std::vector<std::string> paths_;
  const std::shared_ptr<UniqueFunction<void()>> changed_;  // shared: it may destroy this
  const WatchFilesOptions options_;
  Handle<FileNotices> notices_;
  Names names_;
  std::vector<FileStamp> stamps_;
  std::optional<TimePoint> burst_;  // when it began
  ScopedCall settled_;
  ScopedCall nextLook_;
  bool concerned_ = false;  // a notice was for us
  bool blind_ = false;      // the kernel does not tell of everything
  bool said_ = false;       // and the log knows
};

}  // namespace ropewalk::detail
