// One stat(2): device, inode, size, time of change.

#include "file_stamp.h"

#include <sys/stat.h>

namespace ropewalk::detail {

FileStamp FileStamp::of(const std::string& path) noexcept {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return {};
  constexpr std::int64_t kSecond = 1'000'000'000;
  return {found.st_dev, found.st_ino, found.st_size,
          found.st_mtim.tv_sec * kSecond + found.st_mtim.tv_nsec};
}

}  // namespace ropewalk::detail
