// The SOA record that lets others remember a "no" of names that belong to no zone. RFC 2308 §3.
#pragma once

#include <cstdint>
#include <string_view>

#include "ropewalk/protocols/dns/writer.h"

namespace ropewalk::dns {

/// Writes it into the authority section: without one, caches ask again every time (RFC 2308 §5).
/// Leaves it out when there is no room. Allocates nothing.
/// @param owner  the name, in wire form, at or below which the "no" holds
/// @param ttl    seconds it may be remembered
void writeNegativeSoa(MessageWriter& answer, std::string_view owner, std::uint32_t ttl) noexcept;

}  // namespace ropewalk::dns
