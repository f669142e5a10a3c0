// SharedBytes: bytes that nobody changes and several keep.
#pragma once

#include <memory>
#include <string>

namespace ropewalk {

/// What one cache or page holds and many connections send, without a copy for each.
using SharedBytes = std::shared_ptr<const std::string>;

}  // namespace ropewalk
