// All of ssl/ that programs need.
#pragma once

#include "certificate.h"  // IWYU pragma: export
#include "context.h"      // IWYU pragma: export
#include "endpoint.h"     // IWYU pragma: export
#include "errors.h"       // IWYU pragma: export
#include "session.h"      // IWYU pragma: export
#include "tls.h"          // IWYU pragma: export
