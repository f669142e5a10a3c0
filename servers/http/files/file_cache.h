// FileCache: small files in memory, with what identifies them. Bounded; the ones that nobody asks
// for go first, and those in use stay: more files than it holds would otherwise push each other out
// with every request, and reading one anew costs ten times what sending it from disk does.
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
#include "ropewalk/core/base/shared_bytes.h"

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
  SharedBytes content;
  TimePoint checked;  // when its stamp was last compared with the file
};

/// By path, least recently used first out. One thread.
class FileCache {
 public:
  explicit FileCache(std::size_t bytes) noexcept : limit_(bytes) {}

  /// Null when it is not there. Else it is in use.
  [[nodiscard]] std::shared_ptr<CachedFile> find(std::string_view path, TimePoint now);
  /// Makes room for a file of `size` bytes by dropping what nobody has asked for in ten seconds.
  /// @return false when that is not enough
  [[nodiscard]] bool makeRoom(std::size_t size, TimePoint now);
  /// After makeRoom().
  void put(std::string path, std::shared_ptr<CachedFile> file, TimePoint now);
  void remove(std::string_view path);
  /// What it holds in memory, entries included.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  struct Entry {
    std::string path;
    std::shared_ptr<CachedFile> file;
    TimePoint used;
  };
  using Entries = std::list<Entry>;

  static std::size_t cost(const Entry& entry) noexcept;
  [[nodiscard]] bool fits(std::size_t size) const noexcept;
  void erase(Entries::iterator entry);

  Entries entries_;  // the most recently used first
  std::unordered_map<std::string_view, Entries::iterator> byPath_;
  std::size_t bytes_ = 0;
  std::size_t limit_;
};

}  // namespace ropewalk::http
