// The HTTP client in one include: getPage, downloadPage, Agent. docs/http-client.md tells how to
// use it.
#pragma once

#include "ropewalk/clients/http/agent.h"     // IWYU pragma: export
#include "ropewalk/clients/http/download.h"  // IWYU pragma: export
#include "ropewalk/clients/http/page.h"      // IWYU pragma: export
