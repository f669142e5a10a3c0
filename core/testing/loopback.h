// Loopback: two protocols talk to each other in memory, one turn at a time,
// in an order that never varies.
#pragma once

#include <cstddef>
#include <memory>

#include "ropewalk/core/net/protocol.h"
#include "ropewalk/core/net/transport.h"

namespace ropewalk::testing {

namespace detail {
class LoopbackEnd;
}

/// What the wire between two protocols is like.
struct LoopbackOptions {
  /// Bytes in flight in one direction; what does not fit is pending() at the writer.
  std::size_t wireCapacity = 64 * 1024;
  std::size_t split = 0;       ///< the most that one dataReceived gets; 0: all that is there
  Reactor* reactor = nullptr;  ///< what transport().reactor() gives; without one it throws
};

/// Carries bytes between two protocols, with the events of the real transports in their order.
///
///     auto pump = testing::connectInMemory(server, client);  // both have seen connectionMade
///     client.sendLine("hello");
///     pump.flush();
///
/// A turn, for the client's end and then for the server's: connectionLost of those that were lost
/// in the turn before; what was written goes on the wire, producers are resumed; what is on the
/// wire is received. So closing never calls back at once (S-01, S-06). A protocol that loses its
/// connection properly gives its peer all its data and then the end; an aborted one gives it
/// ConnectionLost; who writes to a peer that is gone is lost himself.
///
/// Does not own the protocols: they must outlive it. One that is still connected when the
/// Pump goes is lost then.
class Pump {
 public:
  Pump(Protocol& server, Protocol& client, LoopbackOptions options);
  Pump(Pump&&) noexcept;
  Pump& operator=(Pump&&) = delete;
  ~Pump();

  /// One turn. @return whether anything happened
  bool pump();
  /// Turns until nothing happens any more. Throws std::logic_error after 10,000:
  /// they would talk for ever.
  void flush();
  /// From now on one dataReceived gets at most so many bytes; 0: all that is there.
  void split(std::size_t most) noexcept;

  [[nodiscard]] Transport& serverTransport() noexcept;
  [[nodiscard]] Transport& clientTransport() noexcept;

 private:
  std::unique_ptr<detail::LoopbackEnd> client_;
  std::unique_ptr<detail::LoopbackEnd> server_;
};

/// Connects two protocols. The server sees connectionMade first.
[[nodiscard]] Pump connectInMemory(Protocol& server, Protocol& client,
                                   LoopbackOptions options = LoopbackOptions());

}  // namespace ropewalk::testing
