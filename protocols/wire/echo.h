// Echo and Discard. RFC 862, RFC 863.
#pragma once

#include "ropewalk/core/net/protocol.h"

namespace ropewalk::wire {

/// Sends back whatever comes (RFC 862), as fast as the peer takes it: while more than 64 KiB wait
/// to be sent nothing is read, so a peer that never reads costs a bounded amount of memory.
class Echo final : public Protocol, private Producer {
 public:
  void connectionMade() override { transport().registerProducer(*this, Streaming::push); }
  void dataReceived(std::string_view data) override { transport().write(data); }
  void readConnectionLost() override {
    transport().unregisterProducer();  // there is no more to echo: let the close proceed (P-05)
    transport().loseConnection();
  }

 private:
  void pauseProducing() override { transport().pauseProducing(); }
  void resumeProducing() override { transport().resumeProducing(); }
  void stopProducing() override {}
};

/// Throws away whatever comes (RFC 863).
class Discard final : public Protocol {
 public:
  void dataReceived(std::string_view /*data*/) override {}
};

}  // namespace ropewalk::wire
