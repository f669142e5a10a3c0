// DatagramServer: the DNS over UDP. RFC 1035 §4.2.1.
#pragma once

#include <memory>

#include "ropewalk/core/net/datagram.h"
#include "ropewalk/servers/dns/dispatcher.h"

namespace ropewalk::dns {

/// One UDP port of a server. What is answered at once is written where it leaves from: no copy, no
/// allocation.
class DatagramServer final : public DatagramProtocol {
 public:
  explicit DatagramServer(std::shared_ptr<Dispatcher> dispatcher)
      : dispatcher_(std::move(dispatcher)) {}

  void received(const Datagram& datagram) override;

 private:
  const std::shared_ptr<Dispatcher> dispatcher_;
};

}  // namespace ropewalk::dns
