// The DNS client in one include: lookups, resolvers, services.
#pragma once

#include "ropewalk/clients/dns/answer.h"              // IWYU pragma: export
#include "ropewalk/clients/dns/caching_resolver.h"    // IWYU pragma: export
#include "ropewalk/clients/dns/client.h"              // IWYU pragma: export
#include "ropewalk/clients/dns/hosts_resolver.h"      // IWYU pragma: export
#include "ropewalk/clients/dns/lookup.h"              // IWYU pragma: export
#include "ropewalk/clients/dns/recursive_resolver.h"  // IWYU pragma: export
#include "ropewalk/clients/dns/resolver_chain.h"      // IWYU pragma: export
#include "ropewalk/clients/dns/server_address.h"      // IWYU pragma: export
#include "ropewalk/clients/dns/service.h"             // IWYU pragma: export
#include "ropewalk/clients/dns/special_names.h"       // IWYU pragma: export
#include "ropewalk/clients/dns/system_resolver.h"     // IWYU pragma: export
#include "ropewalk/clients/dns/upstreams.h"           // IWYU pragma: export
#include "ropewalk/clients/dns/zone_transfer.h"       // IWYU pragma: export
