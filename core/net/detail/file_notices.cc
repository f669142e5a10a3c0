// What the kernel says, handed to whoever asked for it.

#include "file_notices.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#if __has_include(<sys/inotify.h>)
#include <sys/inotify.h>
#define ROPEWALK_INOTIFY
#endif

namespace ropewalk::detail {

FileNotices::FileNotices(Loop& loop, UniqueFd fd) : Watch(loop, fd.get()), fd_(std::move(fd)) {
  levelTriggered();  // one read a turn: nobody starves
  wantReading(true);
}

#ifdef ROPEWALK_INOTIFY

namespace {
constexpr std::uint32_t kNames =
    IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF;
constexpr std::uint32_t kContent =
    IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;
constexpr std::size_t kBuffer = 16 * 1024;

void addOnce(std::vector<FileNotices::Listener*>& list, FileNotices::Listener* listener) {
  if (std::find(list.begin(), list.end(), listener) == list.end()) list.push_back(listener);
}
}  // namespace

std::unique_ptr<FileNotices> FileNotices::make(Loop& loop) {
  UniqueFd fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  return fd ? std::make_unique<FileNotices>(loop, std::move(fd)) : nullptr;
}

int FileNotices::watch(const std::string& path, What what, Listener& listener) {
  // IN_MASK_ADD: another listener may have asked for other things about the same inode.
  const std::uint32_t mask = what == What::names ? kNames | IN_ONLYDIR : kContent;
  const int number = ::inotify_add_watch(fd_.get(), path.c_str(), mask | IN_MASK_ADD);
  if (number >= 0) addOnce(listeners_[number], &listener);
  return number;
}

void FileNotices::forget(int watch, Listener& listener) {
  const auto found = listeners_.find(watch);
  if (found == listeners_.end()) return;  // the kernel has forgotten it first
  std::erase(found->second, &listener);
  if (!found->second.empty()) return;
  listeners_.erase(found);
  ::inotify_rm_watch(fd_.get(), watch);
}

void FileNotices::readable() {
  alignas(inotify_event) char buffer[kBuffer];
  const ssize_t got = ::read(fd_.get(), buffer, sizeof buffer);
  readBlocked();
  std::vector<Listener*> noticed;
  for (ssize_t at = 0; at < got;) {
    inotify_event event;
    std::memcpy(&event, buffer + at, sizeof event);
    const char* name = buffer + at + sizeof event;  // padded with zeros
    notice(event.wd, event.mask, event.len == 0 ? std::string_view() : std::string_view(name),
           noticed);
    at += static_cast<ssize_t>(sizeof event + event.len);
  }
  for (Listener* each : noticed) each->noticesEnd();
}

void FileNotices::notice(int watch, std::uint32_t mask, std::string_view name,
                         std::vector<Listener*>& noticed) {
  if ((mask & IN_Q_OVERFLOW) != 0) {
    for (const auto& [number, listeners] : listeners_) {
      for (Listener* each : listeners) addOnce(noticed, each);
    }
    for (Listener* each : noticed) each->overflowed();
    return;
  }
  const auto found = listeners_.find(watch);
  if (found == listeners_.end()) return;  // forgotten, while this was on its way
  for (Listener* each : found->second) {
    each->noticed(watch, name);
    addOnce(noticed, each);
  }
  if ((mask & IN_IGNORED) != 0) listeners_.erase(found);
}

#else

std::unique_ptr<FileNotices> FileNotices::make(Loop& /*loop*/) {
  errno = ENOSYS;
  return nullptr;
}
int FileNotices::watch(const std::string& /*path*/, What /*what*/, Listener& /*listener*/) {
  errno = ENOSYS;
  return -1;
}
void FileNotices::forget(int /*watch*/, Listener& /*listener*/) {}
void FileNotices::readable() {}
void FileNotices::notice(int /*watch*/, std::uint32_t /*mask*/, std::string_view /*name*/,
                         std::vector<Listener*>& /*noticed*/) {}

#endif

}  // namespace ropewalk::detail
