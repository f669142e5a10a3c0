// The HTTP client in one include: getPage, downloadPage, Agent. docs/http-client.md tells how to
// use it.
#pragma once

#include "agent.h"     // IWYU pragma: export
#include "download.h"  // IWYU pragma: export
#include "page.h"      // IWYU pragma: export
