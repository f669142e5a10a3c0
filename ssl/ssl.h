// All of ssl/ that programs need.
#pragma once

#include "ropewalk/ssl/certificate.h"  // IWYU pragma: export
#include "ropewalk/ssl/context.h"      // IWYU pragma: export
#include "ropewalk/ssl/endpoint.h"     // IWYU pragma: export
#include "ropewalk/ssl/errors.h"       // IWYU pragma: export
#include "ropewalk/ssl/session.h"      // IWYU pragma: export
#include "ropewalk/ssl/tls.h"          // IWYU pragma: export
