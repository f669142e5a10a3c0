// The endpoint schemes that core knows. Private to core/net; endpoint.cc puts them in its table.
#pragma once

#include <memory>

#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/net/endpoint_url.h"
#include "ropewalk/core/net/listening_port.h"
#include "ropewalk/core/net/protocol.h"
#include "ropewalk/core/net/reactor.h"

namespace ropewalk::detail {

using FactoryPointer = std::shared_ptr<Factory>;

// All may throw: endpoint.cc makes failures of it.

Deferred<ListeningPort> listenTcpEndpoint(Reactor& reactor, const EndpointUrl& url,
                                          FactoryPointer factory);
Deferred<ListeningPort> listenUnixEndpoint(Reactor& reactor, const EndpointUrl& url,
                                           FactoryPointer factory);
/// udp://:N and unixgram:/path: what the factory's buildDatagramProtocol gives.
Deferred<ListeningPort> listenUdpEndpoint(Reactor& reactor, const EndpointUrl& url,
                                          FactoryPointer factory);
Deferred<ListeningPort> listenUnixgramEndpoint(Reactor& reactor, const EndpointUrl& url,
                                               FactoryPointer factory);
/// fd://N: a socket that listens already.
Deferred<ListeningPort> listenFdEndpoint(Reactor& reactor, const EndpointUrl& url,
                                         FactoryPointer factory);
/// systemd:NAME or systemd:N: what socket activation passed (sd_listen_fds(3)).
Deferred<ListeningPort> listenSystemdEndpoint(Reactor& reactor, const EndpointUrl& url,
                                              FactoryPointer factory);
/// stdio: one connection, made at once. The ListeningPort is empty: there is nothing to stop.
Deferred<ListeningPort> listenStdioEndpoint(Reactor& reactor, const EndpointUrl& url,
                                            FactoryPointer factory);

Deferred<Handle<Protocol>> connectTcpEndpoint(Reactor& reactor, const EndpointUrl& url,
                                              FactoryPointer factory);
Deferred<Handle<Protocol>> connectUnixEndpoint(Reactor& reactor, const EndpointUrl& url,
                                               FactoryPointer factory);
/// fd://N: a connected stream.
Deferred<Handle<Protocol>> connectFdEndpoint(Reactor& reactor, const EndpointUrl& url,
                                             FactoryPointer factory);
Deferred<Handle<Protocol>> connectStdioEndpoint(Reactor& reactor, const EndpointUrl& url,
                                                FactoryPointer factory);
/// exec:COMMAND: a child's standard input and output, through the shell (E-06). What it says on
/// standard error is logged.
Deferred<Handle<Protocol>> connectExecEndpoint(Reactor& reactor, const EndpointUrl& url,
                                               FactoryPointer factory);

}  // namespace ropewalk::detail
