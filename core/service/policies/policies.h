// All policies in one include: factories around factories. docs/policies.md.
#pragma once

#include "ropewalk/core/service/policies/limit_connections.h"  // IWYU pragma: export
#include "ropewalk/core/service/policies/limit_output.h"       // IWYU pragma: export
#include "ropewalk/core/service/policies/log_traffic.h"        // IWYU pragma: export
#include "ropewalk/core/service/policies/protocol_wrapper.h"   // IWYU pragma: export
#include "ropewalk/core/service/policies/throttle.h"           // IWYU pragma: export
#include "ropewalk/core/service/policies/with_timeout.h"       // IWYU pragma: export
