// StreamProtocol: the half of a Stream that the transport owns.
#pragma once

#include "ropewalk/core/net/answer_limit.h"
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
  /// More is written than the peer takes: one that came to us, and goes on so, is cut off.
  void writesWait();

 private:
  Stream* stream_;
  AnswerLimit answers_{{.pending = std::size_t{64} * 1024}};  // as Stream::write waits past it
};

}  // namespace ropewalk
