// Chargen: characters without end. RFC 864.
#pragma once

#include <string_view>

#include "ropewalk/core/net/protocol.h"

namespace ropewalk::wire {

/// One turn of the pattern that RFC 864 §"Data Syntax" suggests: 95 lines of 72 printing characters
/// and CRLF, each line starting one character later. Repeated it goes on without a seam.
[[nodiscard]] std::string_view chargenPattern();

/// Sends the pattern until the peer goes (RFC 864); what the peer sends is thrown away. Writes only
/// when the kernel has taken everything, so it stops while the peer does not read.
class Chargen final : public Protocol, private Producer {
 public:
  void connectionMade() override { transport().registerProducer(*this, Streaming::pull); }
  void dataReceived(std::string_view /*data*/) override {}
  void drainBegun() override { readConnectionLost(); }
  void readConnectionLost() override {
    transport().unregisterProducer();
    transport().loseConnection();
  }

 private:
  void resumeProducing() override { transport().write(chargenPattern()); }
  void stopProducing() override {}
};

}  // namespace ropewalk::wire
