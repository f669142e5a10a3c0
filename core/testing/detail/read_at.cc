// pread(2) in pieces of 16 KiB, until the file ends.

#include "read_at.h"

#include <unistd.h>

#include <algorithm>
#include <array>

namespace ropewalk::testing::detail {

std::string readAt(const UniqueFd& file, std::uint64_t offset, std::uint64_t length) {
  std::string bytes;
  std::array<char, 16 * 1024> piece;
  while (bytes.size() < length) {
    const std::size_t want = std::min<std::uint64_t>(piece.size(), length - bytes.size());
    const ssize_t got =
        ::pread(file.get(), piece.data(), want, static_cast<off_t>(offset + bytes.size()));
    if (got <= 0) break;
    bytes.append(piece.data(), static_cast<std::size_t>(got));
  }
  return bytes;
}

}  // namespace ropewalk::testing::detail
