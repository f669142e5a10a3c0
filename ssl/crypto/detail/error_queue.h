// OpenSSL's error queue, in words.
#pragma once

#include <string>

namespace ropewalk::crypto::detail {

/// Empties this thread's queue, at next to no cost when it is empty already.
void clearErrors() noexcept;

/// What the queue says, "; " between its entries; empties it. "unknown error" when it is empty.
[[nodiscard]] std::string drainErrors();

}  // namespace ropewalk::crypto::detail
