// The errors of line protocols.
#pragma once

#include "ropewalk/core/base/error.h"

namespace ropewalk {

/// More bytes came than were allowed before the end of a message.
ROPEWALK_ERROR(LimitExceeded, ProtocolError);
/// A line, or whatever readUntil waited for, was longer than its limit.
ROPEWALK_ERROR(LineTooLong, LimitExceeded);
/// sendString got more than its length prefix, or the limit, can hold. Thrown: it is a programming
/// error.
ROPEWALK_ERROR(StringTooLongError, Error);

}  // namespace ropewalk
