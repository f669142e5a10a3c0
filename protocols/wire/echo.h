// Echo and Discard. RFC 862, RFC 863.
#pragma once

#include "ropewalk/core/net/answer_limit.h"
#include "ropewalk/core/net/datagram.h"
#include "ropewalk/core/net/protocol.h"

namespace ropewalk::wire {

/// Sends back whatever comes (RFC 862), as fast as the peer takes it: while more than 64 KiB wait
/// to be sent nothing is read, so a peer of a listening port that never reads costs a bounded
/// amount of memory; after 10 s of taking nothing it is cut off. Over connections that we made or
/// took over nothing is held back (AnswerLimit).
class Echo final : public Protocol {
 public:
  void dataReceived(std::string_view data) override {
    transport().write(data);
    if (answers_.full(*this, [this] { transport().resumeProducing(); })) {
      transport().pauseProducing();
    }
  }
  void drainBegun() override { transport().loseConnection(); }

 private:
  AnswerLimit answers_{{.pending = 64 * 1024}};
};

/// Sends back every datagram (RFC 862, UDP). Those that are longer than the port takes are not sent
/// back, as they would be cut. Never answers with more than came, so it amplifies nothing; but two
/// of them that are made to talk to each other do not stop.
class DatagramEcho final : public DatagramProtocol {
 public:
  void received(const Datagram& datagram) override {
    if (!datagram.truncated && datagram.peer.known())
      transport().write(datagram.data, datagram.peer);
  }
};

/// Throws away whatever comes (RFC 863).
class Discard final : public Protocol {
 public:
  void drainBegun() override { transport().loseConnection(); }
  void dataReceived(std::string_view /*data*/) override {}
};

/// The same for datagrams (RFC 863, UDP).
class DatagramDiscard final : public DatagramProtocol {
 public:
  void received(const Datagram& /*datagram*/) override {}
};

}  // namespace ropewalk::wire
