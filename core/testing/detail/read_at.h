// Parts of files in memory, for the transports of the test kit.
#pragma once

#include <cstdint>
#include <string>

#include "ropewalk/core/base/fd.h"

namespace ropewalk::testing::detail {

/// Up to `length` bytes of a file from `offset`; fewer where it ends.
[[nodiscard]] std::string readAt(const UniqueFd& file, std::uint64_t offset, std::uint64_t length);

}  // namespace ropewalk::testing::detail
