// All of servers/dns: a name server and its parts.
#pragma once

#include "doh.h"
#include "ropewalk/protocols/dns/errors.h"
#include "ropewalk/protocols/dns/master_file.h"
#include "ropewalk/protocols/dns/records.h"
#include "ropewalk/servers/dns/guard/rate_limit.h"
#include "ropewalk/servers/dns/guard/view.h"
#include "ropewalk/servers/dns/responders/authority.h"
#include "ropewalk/servers/dns/responders/block_list.h"
#include "ropewalk/servers/dns/responders/forwarder.h"
#include "ropewalk/servers/dns/responders/name_functions.h"
#include "ropewalk/servers/dns/responders/static_hosts.h"
#include "server.h"
