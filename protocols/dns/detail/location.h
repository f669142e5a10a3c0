// LOC: where on Earth something is. RFC 1876. Private to this folder.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "presentation.h"
#include "ropewalk/protocols/dns/rdata.h"

namespace ropewalk::dns::detail {

constexpr std::size_t kLocationLength = 16;

/// @param data  16 bytes
/// @return      version 0, sizes of decimal digits, degrees that exist
[[nodiscard]] bool isLocation(std::string_view data) noexcept;

/// Reads all the words: "42 21 54 N 71 06 18 W -24m 30m".
/// @param at  the word that is being read; the one at fault in the end
[[nodiscard]] Complaint parseLocation(std::span<const Word> words, std::size_t& at,
                                      std::string& out);
/// @return false for what text cannot say exactly
[[nodiscard]] bool putLocation(std::string_view data, std::string& out);

}  // namespace ropewalk::dns::detail
