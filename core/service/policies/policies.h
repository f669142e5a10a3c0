// All policies in one include: factories around factories. docs/policies.md.
#pragma once

#include "limit_connections.h"  // IWYU pragma: export
#include "limit_output.h"       // IWYU pragma: export
#include "log_traffic.h"        // IWYU pragma: export
#include "protocol_wrapper.h"   // IWYU pragma: export
#include "throttle.h"           // IWYU pragma: export
#include "with_timeout.h"       // IWYU pragma: export
