// What secrets need: a comparison that tells nothing by its time, and an end. Random bytes are
// core/base/text.h's randomBytes().
#pragma once

#include <string>
#include <string_view>

#include "ropewalk/core/base/error.h"

namespace ropewalk::crypto {

/// What a peer or a file gave cannot be used: a tag or a signature that is wrong, a key that is
/// none. Calls that are wrong in themselves (a key of the wrong size) throw std::invalid_argument.
ROPEWALK_ERROR(CryptoError, Error);

/// Whether they are the same, in a time that depends on their sizes alone. For tags, tokens,
/// hashes of passwords.
[[nodiscard]] bool equalConstantTime(std::string_view a, std::string_view b) noexcept;

/// Overwrites the bytes, which no optimiser takes away, and empties the string.
void wipe(std::string& secret) noexcept;

}  // namespace ropewalk::crypto
