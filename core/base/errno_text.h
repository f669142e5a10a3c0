// errno as words.
#pragma once

#include <string>

namespace ropewalk {

/// "connection refused", "permission denied": lower case, to stand inside a message.
[[nodiscard]] std::string errnoText(int error);

}  // namespace ropewalk
