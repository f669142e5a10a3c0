// readFile: a whole file as a string.
#pragma once

#include <string>

#include "result.h"

namespace ropewalk {

/// All of a regular file. Blocks. FileError for what cannot be opened or read, naming the
/// file and the reason.
[[nodiscard]] Result<std::string> readFile(const std::string& path);

}  // namespace ropewalk
