// Questions over a kept connection: TCP (RFC 7766) or TLS (RFC 7858), pipelined.
#pragma once

#include <memory>

#include "query.h"
#include "ropewalk/clients/dns/counts.h"
#include "ropewalk/core/async/async_function.h"
#include "ropewalk/core/async/deferred.h"
#include "ropewalk/core/net/protocol.h"

namespace ropewalk {
class Clock;
}

namespace ropewalk::dns {

/// Opens a stream to the server, with the factory's protocol at its upper end; for TLS fires after
/// the handshake. Cancellable.
using OpenStream = AsyncFunction<Deferred<Handle<Protocol>>(std::shared_ptr<Factory>)>;

struct StreamOptions {
  Duration idle = std::chrono::seconds(10);  ///< a connection without questions is closed then
  std::size_t underWay = 500;                ///< questions on one connection; more fail
};

/// One server, one connection at a time: opened when there is a question, shared by all, answers in
/// any order. A kept connection that turns out closed is replaced once, without anybody noticing.
/// One thread; its end fails what is under way with CancelledError.
class StreamExchange {
 public:
  StreamExchange(Clock& clock, OpenStream open, std::shared_ptr<ClientCounts> counts,
                 StreamOptions options = StreamOptions());
  StreamExchange(const StreamExchange&) = delete;
  StreamExchange& operator=(const StreamExchange&) = delete;
  ~StreamExchange();

  /// Has no time-out of its own. Cancellable: an answer that comes later is dropped. The cookie and
  /// the mixed case of `options` are not needed here, and left out.
  [[nodiscard]] Deferred<Message> ask(Question question, QueryOptions options);
  /// The server seems to be stuck: the next question gets a new connection. The old one is closed
  /// once nobody waits for it.
  void leaveConnection();

 private:
  class Conversation;
  struct Core;

  static Deferred<Message> askOn(std::shared_ptr<Core> core, Question question,
                                 QueryOptions options);

  std::shared_ptr<Core> core_;
};

}  // namespace ropewalk::dns
