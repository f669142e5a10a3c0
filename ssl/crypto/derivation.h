// Keys from secrets: HKDF for good ones, PBKDF2 for passwords. RFC 5869, RFC 8018 §5.2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "digest.h"

namespace ropewalk::crypto {

/// The first step: a key of one digest's size out of a secret that need not be uniform.
[[nodiscard]] std::string hkdfExtract(Hash hash, std::string_view salt, std::string_view secret);
/// The second: as many bytes as are wanted, different ones for each `info`.
/// @param key   from hkdfExtract, or uniform and at least as long as a digest
/// @param size  at most 255 digests, else throws std::invalid_argument
[[nodiscard]] std::string hkdfExpand(Hash hash, std::string_view key, std::string_view info,
                                     std::size_t size);
/// Both steps in one.
[[nodiscard]] std::string hkdf(Hash hash, std::string_view secret, std::string_view salt,
                               std::string_view info, std::size_t size);

/// SCRAM's Hi() and whatever else makes guessing slow. It takes its time on this thread:
/// milliseconds for thousands of iterations.
/// @param iterations  at least 1, at most 2^31 - 1, else throws std::invalid_argument; a peer that
///                    chooses it needs a bound of the protocol's
[[nodiscard]] std::string pbkdf2(Hash hash, std::string_view password, std::string_view salt,
                                 std::uint32_t iterations, std::size_t size);

}  // namespace ropewalk::crypto
