// ListeningPort: a handle on a port that a reactor listens on.
#pragma once

#include <cstdint>

#include "address.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/base/handle.h"

namespace ropewalk {

namespace detail {
class Port;
}

/// What listenTCP, listenUNIX, listenUDP and their like give. A copyable handle: the reactor owns
/// the port, dropping the handle leaves it listening. The reactor's thread; on another one each
/// call throws std::logic_error.
class ListeningPort {
 public:
  ListeningPort() = default;
  /// What reactors do.
  explicit ListeningPort(Handle<detail::Port> port);

  /// Where it listens; with the port that the kernel chose when 0 was asked for.
  /// An empty Address once it stopped.
  [[nodiscard]] Address getHost() const;
  /// 0 once it stopped, and for UNIX.
  [[nodiscard]] std::uint16_t port() const { return getHost().port; }
  [[nodiscard]] bool listening() const;
  /// Stops listening; accepted connections live on. Fires in a later turn, after the factory was
  /// told (S-12), or the DatagramProtocol (U-01).
  Deferred<void> stopListening();

 private:
  [[nodiscard]] detail::Port* get() const;

  Handle<detail::Port> port_;
  const void* thread_ = nullptr;  // the reactor's
};

}  // namespace ropewalk
