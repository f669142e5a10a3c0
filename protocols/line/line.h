// Everything of protocols/line: receivers of lines and strings, and streams for coroutines.
#pragma once

#include "ropewalk/protocols/line/connect_stream.h"    // IWYU pragma: export
#include "ropewalk/protocols/line/line_receiver.h"     // IWYU pragma: export
#include "ropewalk/protocols/line/serve_streams.h"     // IWYU pragma: export
#include "ropewalk/protocols/line/stream.h"            // IWYU pragma: export
#include "ropewalk/protocols/line/string_receivers.h"  // IWYU pragma: export
