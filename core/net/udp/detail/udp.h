// Datagram ports that belong to a factory: what udp:// and unixgram: endpoints open.
// Private to core/net.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ropewalk/core/net/datagram.h"
#include "ropewalk/core/net/listening_port.h"
#include "ropewalk/core/net/protocol.h"

namespace ropewalk {

class Reactor;

namespace detail {

// As Reactor's calls of these names. The factory, which may be null, is told of the port's
// start and end (S-12).

ListeningPort listenUDP(Reactor& reactor, std::uint16_t port,
                        std::unique_ptr<DatagramProtocol> protocol, const ListenUDPOptions& options,
                        std::shared_ptr<Factory> factory);
ListeningPort listenUNIXDatagram(Reactor& reactor, const std::string& path,
                                 std::unique_ptr<DatagramProtocol> protocol,
                                 const UNIXDatagramOptions& options,
                                 std::shared_ptr<Factory> factory);

/// Connects to the first of the addresses that there is a route to.
ListeningPort connectUDP(Reactor& reactor, const std::vector<Address>& addresses,
                         std::unique_ptr<DatagramProtocol> protocol,
                         const ConnectUDPOptions& options);

}  // namespace detail
}  // namespace ropewalk
