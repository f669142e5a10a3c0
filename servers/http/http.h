// Everything that an HTTP server needs, in one include.
#pragma once

#include "request_error.h"                             // IWYU pragma: export
#include "resource.h"                                  // IWYU pragma: export
#include "ropewalk/core/base/text.h"                   // IWYU pragma: export
#include "ropewalk/core/net/listening_port.h"          // IWYU pragma: export
#include "ropewalk/core/net/reactor.h"                 // IWYU pragma: export
#include "ropewalk/servers/http/files/static_files.h"  // IWYU pragma: export
#include "site.h"                                      // IWYU pragma: export
#include "use_https.h"                                 // IWYU pragma: export
