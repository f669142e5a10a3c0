// FileStamp: tells whether a small configuration file is still the one that was read.
#pragma once

#include <cstdint>
#include <string>

namespace ropewalk::detail {

/// Which file a path named, and in which state. A value; one that was never taken equals that of a
/// file that is not there.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  std::int64_t modified = 0;  // nanoseconds

  static FileStamp of(const std::string& path) noexcept;
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

}  // namespace ropewalk::detail
