// The errors of the DNS. Names are Twisted's. RFC 1035 §4.1.1.
#pragma once

#include "ropewalk/core/base/error.h"

namespace ropewalk::dns {

/// A name, a record, a message or a master file that does not follow the rules.
ROPEWALK_ERROR(FormatError, ProtocolError);

/// What a server answered, or did not. The messages name the question and who was asked.
ROPEWALK_ERROR(ResolverError, DNSLookupError);
ROPEWALK_ERROR(DNSFormatError, ResolverError);          // FORMERR
ROPEWALK_ERROR(DNSServerError, ResolverError);          // SERVFAIL
ROPEWALK_ERROR(DNSNameError, ResolverError);            // NXDOMAIN
ROPEWALK_ERROR(DNSNotImplementedError, ResolverError);  // NOTIMP
ROPEWALK_ERROR(DNSQueryRefusedError, ResolverError);    // REFUSED
ROPEWALK_ERROR(DNSUnknownError, ResolverError);         // any other rcode
/// The name exists, but has no record of the type.
ROPEWALK_ERROR(DNSNoDataError, ResolverError);
ROPEWALK_ERROR(DNSQueryTimeoutError, ResolverError);

}  // namespace ropewalk::dns
