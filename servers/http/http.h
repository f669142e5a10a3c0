// Everything that an HTTP server needs, in one include.
#pragma once

#include "ropewalk/core/base/text.h"              // IWYU pragma: export
#include "ropewalk/core/net/listening_port.h"     // IWYU pragma: export
#include "ropewalk/core/net/reactor.h"            // IWYU pragma: export
#include "ropewalk/servers/http/request_error.h"  // IWYU pragma: export
#include "ropewalk/servers/http/resource.h"       // IWYU pragma: export
#include "ropewalk/servers/http/site.h"           // IWYU pragma: export
#include "ropewalk/servers/http/static_files.h"   // IWYU pragma: export
