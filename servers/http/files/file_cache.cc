// A list by last use and a table by path; tags made of inode, size and times. RFC 9110 §8.8.3.
#include "file_cache.h"

#include <sys/stat.h>

#include <algorithm>

#include "ropewalk/protocols/http/serializer.h"

namespace ropewalk::http {

namespace {

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
// Of an entry: nodes, tags, headers of allocations. Many tiny files must count as well.
constexpr std::size_t kOverhead = 512;
constexpr Duration kInUse = std::chrono::seconds(10);
constexpr std::int64_t kDatedAlike = 1;  // no file of this world is older than that, or as old

}  // namespace

FileStamp FileStamp::of(const struct stat& status) noexcept {
  return {.inode = status.st_ino,
          .device = status.st_dev,
          .size = static_cast<std::uint64_t>(status.st_size),
          .seconds = status.st_mtim.tv_sec,
          .nanoseconds = status.st_mtim.tv_nsec,
          .changed = status.st_ctim.tv_sec * kNanosecondsPerSecond + status.st_ctim.tv_nsec};
}

std::string FileStamp::etag() const {
  std::string tag = "\"";
  appendHex(tag, inode);
  tag += '-';
  appendHex(tag, size);
  tag += '-';
  appendHex(tag, static_cast<std::uint64_t>(seconds));
  tag += '.';
  appendHex(tag, static_cast<std::uint64_t>(nanoseconds));
  tag += '-';
  appendHex(tag, static_cast<std::uint64_t>(changed));
  return tag += '"';
}

std::optional<std::int64_t> FileStamp::lastModified() const noexcept {
  if (seconds <= kDatedAlike) return std::nullopt;
  return seconds;
}

std::shared_ptr<CachedFile> FileCache::find(std::string_view path, TimePoint now) {
  const auto found = byPath_.find(path);
  if (found == byPath_.end()) return nullptr;
  found->second->used = now;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->file;
}

bool FileCache::fits(std::size_t size) const noexcept {
  return size + kOverhead <= limit_ - std::min(bytes_, limit_);
}

bool FileCache::makeRoom(std::size_t size, TimePoint now) {
  if (size + kOverhead > limit_) return false;
  while (!fits(size) && !entries_.empty() && now - entries_.back().used >= kInUse)
    erase(std::prev(entries_.end()));
  return fits(size);
}

void FileCache::put(std::string path, std::shared_ptr<CachedFile> file, TimePoint now) {
  remove(path);
  entries_.push_front({std::move(path), std::move(file), now});
  byPath_.emplace(entries_.front().path, entries_.begin());
  bytes_ += cost(entries_.front());
  while (bytes_ > limit_) erase(std::prev(entries_.end()));
}

void FileCache::remove(std::string_view path) {
  if (const auto found = byPath_.find(path); found != byPath_.end()) erase(found->second);
}

std::size_t FileCache::cost(const Entry& entry) noexcept {
  return kOverhead + entry.path.size() + entry.file->content->size();
}

void FileCache::erase(Entries::iterator entry) {
  bytes_ -= cost(*entry);
  byPath_.erase(entry->path);
  entries_.erase(entry);
}

}  // namespace ropewalk::http
