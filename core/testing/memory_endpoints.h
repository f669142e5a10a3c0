// memory:NAME endpoints: listen and connect within a reactor, without sockets. Including this makes
// them known.
#pragma once

namespace ropewalk::testing {

/// Adds the scheme memory, for whole servers and clients in tests: any name, no port that is taken,
/// nothing that another process sees. It takes ?wire=BYTES where it connects, which is what a
/// direction holds until the writer has to wait (65536).
///
///     (void)listen(reactor, "memory:echo", factory);
///     auto asking = connect<Asker>(reactor, "memory:echo?wire=100");
///
/// Connections are the reactor's, as all are: they have connectInMemory's transport, and back
/// pressure, half close, drain() and the end of the reactor as TCP has them. Names are known within
/// one reactor; where nobody listens, connecting is refused (ConnectionRefusedError). getHost() of a
/// port, and getPeer() of a client, is a UNIX address, "memory:echo".
bool registerMemoryEndpoints();

/// All that happens before main: a table has one entry more.
inline const bool kMemoryEndpointsRegistered = registerMemoryEndpoints();

}  // namespace ropewalk::testing
