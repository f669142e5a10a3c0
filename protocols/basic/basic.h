// Everything of protocols/basic: receivers of lines and strings, and streams for coroutines.
#pragma once

#include "connect_stream.h"    // IWYU pragma: export
#include "line_receiver.h"     // IWYU pragma: export
#include "serve_streams.h"     // IWYU pragma: export
#include "stream.h"            // IWYU pragma: export
#include "string_receivers.h"  // IWYU pragma: export
