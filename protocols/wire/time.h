// Time on the wire: seconds since 1900 in four bytes. RFC 868. No I/O.
#pragma once

#include <string>
#include <string_view>

#include "ropewalk/core/base/result.h"
#include "ropewalk/core/base/timestamp.h"

namespace ropewalk::wire {

/// Four bytes, most significant first. They start again at 0 in February 2036.
[[nodiscard]] std::string encodeTime(const Timestamp& time);

/// The moment that four bytes mean, taken to lie from 1970 until 2106: what would be before 1970 is
/// after February 2036.
/// @return ProtocolError unless there are four
[[nodiscard]] Result<Timestamp> decodeTime(std::string_view bytes);

}  // namespace ropewalk::wire
