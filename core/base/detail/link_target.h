// LinkTarget: where a path leads to, for whoever means to replace what is there.
// Private to core/base.
#pragma once

#include <optional>
#include <string>

#include "ropewalk/core/base/fd.h"
#include "ropewalk/core/base/result.h"

namespace ropewalk::detail {

/// The end of a chain of links: a name in a directory, or a descriptor of this process.
struct LinkTarget {
  UniqueFd directory;             ///< O_PATH
  std::string folder;             ///< its path
  std::string name;               ///< in it
  std::optional<unsigned> mode;   ///< of what has the name, its type included; none: nothing has it
  unsigned owner = 0;             ///< likewise
  unsigned group = 0;             ///< likewise
  std::optional<int> descriptor;  ///< /dev/stdout, /proc/self/fd/N: this one
  /// A regular file, or nothing, in the place of which another may be put.
  bool replaceable = false;
};

/// Follows the links at the end of a path. FileError, with `path` in it, for what the kernel would
/// not follow or look at either.
[[nodiscard]] Result<LinkTarget> linkTarget(const std::string& path);

/// How many bytes a name in this directory may have.
[[nodiscard]] std::size_t longestName(const UniqueFd& directory) noexcept;

/// "cannot write PATH: no space left on device"
[[nodiscard]] Failure cannotWrite(const std::string& path, int error);

}  // namespace ropewalk::detail
