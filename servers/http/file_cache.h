// FileCache: small files in memory, with what identifies them. Bounded; the ones that nobody asks
// for go first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "ropewalk/core/async/timer_queue.h"

struct stat;

namespace ropewalk::http {

/// What tells one state of a file from another.
struct FileStamp {
  std::uint64_t inode = 0;
  std::uint64_t device = 0;
  std::uint64_t size = 0;
  std::int64_t seconds = 0;  // of the last change of its content, as it says itself
  std::int64_t nanoseconds = 0;
  std::int64_t changed = 0;  // of the last change of anything, in nanoseconds: nobody can set it

  static FileStamp of(const struct stat& status) noexcept;
  /// A strong entity tag, quotes and all.
  [[nodiscard]] std::string etag() const;
  /// Of its content, in seconds since 1970; nothing where that means nothing, as with builds that
  /// date all files alike (Nix, OSTree and image layers: 0 or 1).
  [[nodiscard]] std::optional<std::int64_t> lastModified() const noexcept;
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

/// A file that is held in memory.
struct CachedFile {
  FileStamp stamp;
  std::string name;  // its path, for the media type
  std::string etag;
  std::string lastModified;  // empty: unknown
  std::shared_ptr<const std::string> content;
  TimePoint checked;  // when its stamp was last compared with the file
};

/// By path, least recently used first out. One thread.
class FileCache {
 public:
  explicit FileCache(std::size_t bytes) noexcept : limit_(bytes) {}

  /// Null when it is not there.
  [[nodiscard]] std::shared_ptr<CachedFile> find(std::string_view path);
  void put(std::string path, std::shared_ptr<CachedFile> file);
  void remove(std::string_view path);
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  struct Entry {
    std::string path;
    std::shared_ptr<CachedFile> file;
  };
  using Entries = std::list<Entry>;

  static std::size_t cost(const Entry& entry) noexcept;
  void erase(Entries::iterator entry);

  Entries entries_;  // the most recently used first
  std::unordered_map<std::string_view, Entries::iterator> byPath_;
  std::size_t bytes_ = 0;
  std::size_t limit_;
};

}  // namespace ropewalk::http
