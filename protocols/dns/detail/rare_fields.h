// Fields that few types of records have, or one. RFC 1035 §3.4.2, RFC 1183, 1706, 2535, 2874, 3123,
// 4025, 6742, 7043, 8005, 8777, 9859. Private to this folder.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "presentation.h"
#include "ropewalk/protocols/dns/rdata.h"

namespace ropewalk::dns::detail {

// All are for fields of which isRare() is true.

/// How many bytes of `rest` the field takes; npos when it is malformed.
[[nodiscard]] std::size_t rareLength(Field field, std::string_view rest) noexcept;

/// Appends its text.
/// @param bytes  as many as rareLength() said
/// @return       false for what text cannot say so that it would be read back the same
[[nodiscard]] bool putRare(Field field, std::string_view bytes, std::string& out);

/// Reads its words.
/// @param at      the first of them; the one at fault, or behind the last one
/// @param origin  in wire form
[[nodiscard]] Complaint parseRare(Field field, std::span<const Word> words, std::size_t& at,
                                  std::string_view origin, std::string& out);

/// What a word should be, for messages.
[[nodiscard]] std::string_view rareNoun(Field field) noexcept;

}  // namespace ropewalk::dns::detail
