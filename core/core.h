// Everything of core that programs use, in one include.
#pragma once

#include "ropewalk/core/async/clock.h"         // IWYU pragma: export
#include "ropewalk/core/async/deferred.h"      // IWYU pragma: export
#include "ropewalk/core/async/gather.h"        // IWYU pragma: export
#include "ropewalk/core/async/lifetime.h"      // IWYU pragma: export
#include "ropewalk/core/async/spawn.h"         // IWYU pragma: export
#include "ropewalk/core/async/task.h"          // IWYU pragma: export
#include "ropewalk/core/base/failure.h"        // IWYU pragma: export
#include "ropewalk/core/base/format.h"         // IWYU pragma: export
#include "ropewalk/core/base/log.h"            // IWYU pragma: export
#include "ropewalk/core/base/text.h"           // IWYU pragma: export
#include "ropewalk/core/base/timestamp.h"      // IWYU pragma: export
#include "ropewalk/core/net/datagram.h"        // IWYU pragma: export
#include "ropewalk/core/net/endpoint.h"        // IWYU pragma: export
#include "ropewalk/core/net/listening_port.h"  // IWYU pragma: export
#include "ropewalk/core/net/protocol.h"        // IWYU pragma: export
#include "ropewalk/core/net/reactor.h"         // IWYU pragma: export
#include "ropewalk/core/net/transport.h"       // IWYU pragma: export
