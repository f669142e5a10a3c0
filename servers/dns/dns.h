// All of servers/dns: a name server and its parts.
#pragma once

#include "ropewalk/protocols/dns/master_file.h"
#include "ropewalk/protocols/dns/records.h"
#include "ropewalk/servers/dns/answers.h"
#include "ropewalk/servers/dns/authority.h"
#include "ropewalk/servers/dns/block_list.h"
#include "ropewalk/servers/dns/doh.h"
#include "ropewalk/servers/dns/forwarder.h"
#include "ropewalk/servers/dns/rate_limit.h"
#include "ropewalk/servers/dns/server.h"
#include "ropewalk/servers/dns/static_hosts.h"
#include "ropewalk/servers/dns/view.h"
