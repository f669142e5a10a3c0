// StreamServer: the DNS over TCP and TLS. RFC 1035 §4.2.2, RFC 7766, RFC 7858.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "dispatcher.h"
#include "ropewalk/core/async/clock.h"
#include "ropewalk/protocols/basic/string_receivers.h"

namespace ropewalk::dns {

struct StreamServerOptions {
  Duration idleTimeout = std::chrono::seconds(10);  ///< RFC 7766 §6.2.3
  std::size_t maxTransfers = 4;  ///< zones that one connection waits for; more end it
  std::size_t maxLater = 100;  ///< questions of one connection under way; past that it is not read
};

/// One connection of a client: questions come one behind the other, answers as they are ready
/// (RFC 7766 §6.2.1.1), as long as the client takes them: while more than 256 KiB wait for it no
/// question is read (PausableReceiver). Zones go out as fast as the client takes them, one after
/// the other; questions meanwhile are answered.
///
/// While the server drains: questions that come within a moment are answered, then it ends as soon
/// as nothing is under way.
class StreamServer final : public Int16StringReceiver {
 public:
  StreamServer(std::shared_ptr<Dispatcher> dispatcher, StreamServerOptions options);

  void connectionMade() override;
  void stringReceived(std::string_view message) override;
  void connectionLost(const Failure& reason) override;
  void drainBegun() override;

 private:
  /// no -> soon (the server drains; there is a moment for questions on their way) -> whenDone
  enum class Ending : std::uint8_t { no, soon, whenDone };

  void answeredLater(const std::string& answer);
  void beginTransfer(std::unique_ptr<TransferOut> transfer);
  void sendTransfers();
  void rearm();
  void idle();
  void endIfDone();
  void failed(const Failure& why);

  const std::shared_ptr<Dispatcher> dispatcher_;
  const StreamServerOptions options_;
  Carrier carrier_ = Carrier::tcp;
  std::string peerBytes_;
  std::size_t later_ = 0;
  std::deque<std::unique_ptr<TransferOut>> transfers_;  // the first is on its way
  std::string transferred_;                             // its message, whose memory is kept
  std::optional<Deadline> idle_;
  std::uint64_t taken_ = 0;  // of our answers, when it last seemed idle
  bool asked_ = false;       // a question has come
  Ending ending_ = Ending::no;
};

}  // namespace ropewalk::dns
