// The DNS client in one include: lookups, resolvers, services.
#pragma once

#include "answer.h"                         // IWYU pragma: export
#include "caching_resolver.h"               // IWYU pragma: export
#include "client.h"                         // IWYU pragma: export
#include "hosts_resolver.h"                 // IWYU pragma: export
#include "lookup.h"                         // IWYU pragma: export
#include "recursive_resolver.h"             // IWYU pragma: export
#include "resolver_chain.h"                 // IWYU pragma: export
#include "ropewalk/protocols/dns/errors.h"  // IWYU pragma: export
#include "server_address.h"                 // IWYU pragma: export
#include "service.h"                        // IWYU pragma: export
#include "special_names.h"                  // IWYU pragma: export
#include "system_resolver.h"                // IWYU pragma: export
#include "upstreams.h"                      // IWYU pragma: export
#include "zone_transfer.h"                  // IWYU pragma: export
