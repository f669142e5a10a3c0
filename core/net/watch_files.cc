// Following paths, and telling once a burst.

#include "watch_files.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <deque>
#include <filesystem>

#include "reactor.h"
#include "ropewalk/core/base/errno_text.h"
#include "ropewalk/core/base/log.h"
#include "ropewalk/core/net/detail/file_watcher.h"
#include "ropewalk/core/net/loop/loop.h"

namespace ropewalk {

FileWatch::FileWatch() noexcept = default;
FileWatch::FileWatch(std::unique_ptr<detail::FileWatcher> watcher) noexcept
    : watcher_(std::move(watcher)) {}
FileWatch::FileWatch(FileWatch&&) noexcept = default;
FileWatch& FileWatch::operator=(FileWatch&&) noexcept = default;
FileWatch::~FileWatch() = default;

FileWatch watchFiles(Reactor& reactor, std::vector<std::string> paths,
                     UniqueFunction<void()> changed, WatchFilesOptions options) {
  return FileWatch(std::make_unique<detail::FileWatcher>(reactor, std::move(paths),
                                                         std::move(changed), options));
}

namespace detail {

namespace {

constexpr log::Logger kLog{"files"};
constexpr int kMostLinks = 40;            // as the kernel: then it is ELOOP
constexpr int kLongestBurst = 10;         // times the settling time
constexpr Duration kLookInAnyCase = 30s;  // for what inotify never tells

std::vector<std::string> absolute(std::vector<std::string> paths) {
  for (std::string& path : paths) {
    std::error_code none;  // the directory that this process is in is gone: it stays as it is
    const auto whole = std::filesystem::absolute(path, none);
    if (!none) path = whole.string();
  }
  return paths;
}

std::deque<std::string> namesOf(const std::string& path) {
  std::deque<std::string> names;
  for (const auto& part : std::filesystem::path(path).relative_path())
    names.push_back(part.string());
  return names;
}

std::string inside(const std::string& directory, const std::string& name) {
  return directory == "/" ? "/" + name : directory + "/" + name;
}

std::optional<std::string> linkAt(const std::string& path) {
  std::array<char, PATH_MAX> target;
  const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
  if (size < 0) return std::nullopt;
  return std::string(target.data(), static_cast<std::size_t>(size));
}

std::string_view remedyFor(int error) {
  if (error == ENOSPC) return "; raise fs.inotify.max_user_watches";
  if (error == EMFILE) return "; raise fs.inotify.max_user_instances or the limit of open files";
  return "";
}

}  // namespace

FileWatcher::FileWatcher(Reactor& reactor, std::vector<std::string> paths,
                         UniqueFunction<void()> changed, WatchFilesOptions options)
    : reactor_(reactor),
      paths_(absolute(std::move(paths))),
      changed_(std::make_shared<UniqueFunction<void()>>(std::move(changed))),
      options_(options) {
  follow();
  stamps_ = stamps();
  lookLater();
}

FileWatcher::~FileWatcher() {
  FileNotices* notices = notices_.get();  // null when the reactor goes first
  if (notices == nullptr) return;
  for (const auto& [watch, names] : names_) notices->forget(watch, *this);
}

void FileWatcher::noticed(int watch, std::string_view name) {
  const auto found = names_.find(watch);
  if (found == names_.end()) return;
  concerned_ |= name.empty() || found->second.contains(name);
}

void FileWatcher::noticesEnd() {
  if (!std::exchange(concerned_, false)) return;
  follow();  // at once: the burst may go on at another place
  changing();
}

void FileWatcher::follow() {
  blind_ = !options_.inotify;
  if (blind_) return;
  FileNotices* notices = reactor_.loop().fileNotices();
  if (notices == nullptr) return cannotBeTold(paths_.empty() ? "" : paths_.front(), errno);
  notices_ = {*notices, notices->life()};
  Names names;
  for (const std::string& path : paths_) followPath(path, *notices, names);
  names_.swap(names);
  for (const auto& [watch, old] : names) {
    if (!names_.contains(watch)) notices->forget(watch, *this);
  }
}

void FileWatcher::followPath(const std::string& path, FileNotices& notices, Names& names) {
  std::string directory = "/";  // without links, so that ".." can be taken as it is written
  std::deque<std::string> rest = namesOf(path);
  for (int links = 0; !rest.empty() && links <= kMostLinks;) {
    const std::string name = std::move(rest.front());
    rest.pop_front();
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      directory = std::filesystem::path(directory).parent_path().string();
      continue;
    }
    if (!note(directory, name, notices, names)) return;
    const std::string here = inside(directory, name);
    if (const auto target = linkAt(here)) {
      ++links;
      if (target->starts_with('/')) directory = "/";
      const std::deque<std::string> more = namesOf(*target);
      rest.insert(rest.begin(), more.begin(), more.end());
    } else {
      directory = here;
    }
  }
  (void)note(directory, "", notices, names);
}

/// Has a name in a directory watched; with no name, the content of a file.
/// @return false when there is nothing to go on with: no such directory
bool FileWatcher::note(const std::string& path, const std::string& name, FileNotices& notices,
                       Names& names) {
  const auto what = name.empty() ? FileNotices::What::content : FileNotices::What::names;
  const int watch = notices.watch(path, what, *this);
  if (watch >= 0) {
    auto& known = names[watch];
    if (!name.empty()) known.insert(name);
    return true;
  }
  if (errno == ENOENT || errno == ENOTDIR) return false;  // it will be noticed when it comes
  cannotBeTold(path, errno);
  return true;
}

void FileWatcher::cannotBeTold(const std::string& what, int error) {
  blind_ = true;
  if (std::exchange(said_, true)) return;
  kLog.warn("the kernel does not tell of changes of {}: {}{}; it is looked at every {}", what,
            errnoText(error), remedyFor(error), options_.look);
}

void FileWatcher::lookLater() {
  const Duration wait = blind_ ? options_.look : std::max(options_.look, kLookInAnyCase);
  nextLook_ = reactor_.callLater(wait, [this] { look(); });
}

void FileWatcher::look() {
  if (blind_) follow();  // it may be able to tell now
  lookLater();
  if (stamps() != stamps_) changing();
}

std::vector<FileStamp> FileWatcher::stamps() const {
  std::vector<FileStamp> all;
  for (const std::string& path : paths_) all.push_back(FileStamp::of(path));
  return all;
}

void FileWatcher::changing() {
  const TimePoint now = reactor_.now();
  if (!burst_) burst_ = now;
  const Duration left = *burst_ + kLongestBurst * options_.settle - now;
  settled_ = reactor_.callLater(std::clamp<Duration>(left, Duration::zero(), options_.settle),
                                [this] { tell(); });
}

void FileWatcher::tell() {
  burst_.reset();
  stamps_ = stamps();
  const auto changed = changed_;
  (*changed)();
}

}  // namespace detail
}  // namespace ropewalk
