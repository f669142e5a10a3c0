// All of servers/dns: a name server and its parts.
#pragma once

#include "authority.h"
#include "block_list.h"
#include "doh.h"
#include "forwarder.h"
#include "name_functions.h"
#include "rate_limit.h"
#include "ropewalk/protocols/dns/master_file.h"
#include "ropewalk/protocols/dns/records.h"
#include "server.h"
#include "static_hosts.h"
#include "view.h"
