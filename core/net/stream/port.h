// Port: what a ListeningPort holds on to. For those who write transports.
#pragma once

#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/net/address.h"

namespace ropewalk::detail {

/// Something bound that can be stopped: a stream acceptor or a datagram port. Owned by the loop, as
/// the Watch that it is too.
class Port {
 public:
  Port() = default;
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  [[nodiscard]] virtual Address getHost() const = 0;
  virtual void stop() = 0;
  /// Fires in a later turn, once it has stopped. To be asked for before stop().
  [[nodiscard]] virtual Deferred<void> stopped() = 0;

 protected:
  ~Port() = default;
};

}  // namespace ropewalk::detail
