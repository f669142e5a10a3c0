// tls:// endpoints. Including this makes them known: listen("tls://:443?cert=a.pem&key=a.key", …).
#pragma once

#include "context.h"
#include "ropewalk/core/net/endpoint.h"
#include "tls.h"

namespace ropewalk::ssl {

/// What the parameters of a listening URL ask for: cert, key, chain, password, sni (a directory),
/// dev=1, alpn (commas between), profile (modern, intermediate), clientCA, client (none, request,
/// require; require where there is a clientCA), curves, tickets=0, ticketKeys, ocsp, timeout (of
/// the handshake, in seconds). Others are ignored here. Throws BadEndpointError, ContextError.
[[nodiscard]] Context serverContextOf(const EndpointUrl& url);
/// Of a connecting one: ca, cert, key, password, alpn, insecure=1, pin (commas between), profile,
/// curves.
[[nodiscard]] Context clientContextOf(const EndpointUrl& url);

/// A listening URL without what serverContextOf has used, and with another scheme: "tcp" for what
/// is below. What is left is for that scheme to check.
[[nodiscard]] EndpointUrl withoutTls(EndpointUrl url, std::string scheme);

/// Adds the scheme tls: TCP with TLS. Listening, it takes the parameters of tcp too, and watch=0
/// (the files are watched otherwise). Connecting, it fires after the handshake; name=… is the name
/// to verify where it is not the host; timeout and bind are as for tcp.
bool registerEndpoints();

/// Whoever includes this may use the scheme: that is all that happens before main, a table has one
/// entry more.
inline const bool kEndpointsRegistered = registerEndpoints();

}  // namespace ropewalk::ssl
