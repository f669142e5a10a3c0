// Opening files below a directory, and never one outside it. openat2(2).
#pragma once

#include <cstdint>
#include <string>

#include "ropewalk/core/base/fd.h"

namespace ropewalk {

/// Which symbolic links are followed.
enum class Symlinks : std::uint8_t {
  beneath,   ///< those that stay below the directory (where the kernel has no openat2: none)
  never,     ///< none, not even in the middle of the path
  anywhere,  ///< all: who can make a link decides what is public
};

/// A file that was opened, or why not: `code` is an errno then. ENOENT also stands for what may not
/// be seen.
struct OpenedFile {
  UniqueFd fd;
  int code = 0;
};

/// Opens a path below a directory for reading. However the path is spelled, and whoever renames
/// what meanwhile: with beneath and never, the file that is opened is below the directory.
/// @param path   relative; empty: the directory itself
/// @param flags  further flags for open: O_PATH, O_DIRECTORY
[[nodiscard]] OpenedFile openBeneath(int directory, const std::string& path, Symlinks symlinks,
                                     int flags = 0);

/// The same where the kernel has the whole path in memory, so that it need not wait; else the code
/// is EAGAIN, and openBeneath is to be called where waiting is allowed. Kernels before 5.12 know
/// nothing of it: always EAGAIN.
[[nodiscard]] OpenedFile openCached(int directory, const std::string& path, Symlinks symlinks,
                                    int flags = 0);

/// The same without openat2: segment by segment, following no link at all. What older kernels and
/// containers get.
[[nodiscard]] OpenedFile openSegments(int directory, const std::string& path, int flags = 0);

}  // namespace ropewalk
