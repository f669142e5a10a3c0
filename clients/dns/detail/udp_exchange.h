// One question to one server over UDP. RFC 1035 §4.2.1, RFC 5452.
#pragma once

#include <memory>

#include "query.h"
#include "ropewalk/clients/dns/counts.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/net/address.h"

namespace ropewalk {
class Reactor;
}

namespace ropewalk::dns {

/// Sends the query from a socket of its own, so from a port that the kernel chose, connected, so
/// that the kernel drops what comes from elsewhere; and waits for the first datagram that answers
/// it. Others are counted and ignored; but where one fits in all but the case of its name, the
/// right one has a moment more, and then this fails with WrongCaseError. Afterwards the socket is
/// closed: late ones and second ones reach nobody. It has no time-out of its own; cancellable.
/// Fails with ConnectionRefusedError when nobody listens there.
/// @param server  a literal
[[nodiscard]] Deferred<Message> askOverUdp(Reactor& reactor, const Address& server,
                                           OutgoingQuery query,
                                           std::shared_ptr<ClientCounts> counts);

}  // namespace ropewalk::dns
