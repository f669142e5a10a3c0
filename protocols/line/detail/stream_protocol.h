// StreamProtocol: the half of a Stream that the transport owns.
#pragma once

#include "ropewalk/core/net/protocol.h"

namespace ropewalk {

class Stream;

/// Tells its Stream what happens, as long as somebody holds that; without one it loses the
/// connection.
class StreamProtocol : public Protocol {
 public:
  /// Throws std::logic_error when the stream has a protocol.
  explicit StreamProtocol(Stream& stream);
  ~StreamProtocol() override;

  void connectionMade() override;
  void dataReceived(std::string_view data) override;
  void readConnectionLost() override;
  void connectionLost(const Failure& reason) override;
  void transportReplaced() override;

  /// The stream dies.
  void abandon() noexcept;

 private:
  Stream* stream_;
};

}  // namespace ropewalk
