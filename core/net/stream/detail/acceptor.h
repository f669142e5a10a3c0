// Acceptor: a listening socket on the loop. Private to core/net; users hold a ListeningPort.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "ropewalk/core/async/clock.h"
#include "ropewalk/core/net/loop/loop.h"
#include "ropewalk/core/net/loop/watch.h"
#include "ropewalk/core/net/protocol.h"
#include "ropewalk/core/net/stream/port.h"
#include "socket_file.h"

namespace ropewalk::detail {

/// Accepts connections in batches and gives each a protocol of the factory. Owned by the loop, from
/// listenTCP to stopListening.
///
/// Out of descriptors (EMFILE, ENFILE, or no memory): it stops asking, so nothing spins, and the
/// kernel keeps the connections; it goes on when this reactor closes a descriptor, and looks again
/// every 100 ms for those that others close.
class Acceptor final : public Watch, public Port {
 public:
  Acceptor(Loop& loop, UniqueFd socket, std::shared_ptr<Factory> factory);
  ~Acceptor() override;

  /// After Loop::own(): tells the factory, and begins.
  void start();
  void stop() override;
  [[nodiscard]] Deferred<void> stopped() override;
  [[nodiscard]] Address getHost() const override;
  /// Removes this file when the port stops.
  void removeAtEnd(SocketFile file) { file_ = std::move(file); }

  void disconnect() override { stop(); }
  /// Takes whom the kernel has let in already, then stops; out of descriptors,
  /// once there were some.
  void drain() override;

 private:
  void readable() override;
  void notified() override;
  /// @return false when there is nothing more to accept for now
  bool acceptOne();
  void outOfDescriptors(int error);
  void takeRest();
  void connected(UniqueFd socket, const Address& peer);

  UniqueFd socket_;
  std::shared_ptr<Factory> factory_;
  SocketFile file_;  // goes before the socket
  bool starved_ = false;
  std::optional<TimePoint> toldAt_;  // of it
  bool draining_ = false;
  int rest_ = 4096;  // taken while draining: net.core.somaxconn; a flood must not keep us here
  ScopedCall lookAgain_;
};

}  // namespace ropewalk::detail
