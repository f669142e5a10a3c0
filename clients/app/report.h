// From an error to a line on standard error and an exit status.
#pragma once

#include "ropewalk/core/base/failure.h"

namespace ropewalk::app {

/// Says the exception that is being handled on one line.
/// @return the exit status (exit_code.h)
int reportCurrent();
/// The same for a Failure.
int report(const Failure& why);

}  // namespace ropewalk::app
