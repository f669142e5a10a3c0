// Questions and answers as datagrams.
#include "datagram_server.h"

namespace ropewalk::dns {

void DatagramServer::received(const Datagram& datagram) {
  if (datagram.truncated || datagram.peer.port() == 0) return;
  const std::span<char> room = transport().reserve(dispatcher_->options().udpSize);
  auto answered =
      dispatcher_->answer(datagram.data, Carrier::udp, datagram.peer.addressBytes(), room);
  if (!answered.now.empty()) transport().commit(answered.now.size(), datagram.peer);
  if (!answered.later) return;
  lifetime().own(std::move(*answered.later)
                     .addCallback([this, peer = datagram.peer](const std::string& answer) {
                       if (!answer.empty()) transport().write(answer, peer);
                     }));
}

}  // namespace ropewalk::dns
